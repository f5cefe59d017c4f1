//! JSON Pointers (RFC 6901) and origins: which place of which file a node came from.
//!
//! A pointer is a linked list that shares its parents, so that a child of a known place
//! costs one small allocation, whatever its depth.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

/// A JSON Pointer, cheap to clone and to extend.
#[derive(Clone, Default)]
pub struct Pointer(Option<Arc<Segment>>);

struct Segment {
    parent: Pointer,
    token: Token,
}

/// One unescaped reference token of a pointer. Two are equal when they read the same: a pointer
/// that was made of text has keys for indices.
#[derive(Clone, Debug)]
pub enum Token {
    /// A member of an object.
    Key(Arc<str>),
    /// An element of an array.
    Index(usize),
}

impl Token {
    /// The token as text.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Key(key) => Cow::Borrowed(key),
            Self::Index(index) => Cow::Owned(index.to_string()),
        }
    }

    /// The index into an array, if this token is one; `-` and `01` are not.
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        match self {
            Self::Index(index) => Some(*index),
            Self::Key(key) if key.len() > 1 && key.starts_with('0') => None,
            Self::Key(key) if key.starts_with('+') => None,
            Self::Key(key) => key.parse().ok(),
        }
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Index(one), Self::Index(other)) => one == other,
            _ => self.text() == other.text(),
        }
    }
}

impl Eq for Token {}

impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

impl Pointer {
    /// The root: the whole file.
    #[must_use]
    pub fn root() -> Self {
        Self(None)
    }

    /// The member `key` of the object at this place.
    #[must_use]
    pub fn key(&self, key: impl Into<Arc<str>>) -> Self {
        self.child(Token::Key(key.into()))
    }

    /// The element `index` of the array at this place.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.child(Token::Index(index))
    }

    /// Several members at once: `at.keys(&["components", "schemas"])`.
    #[must_use]
    pub fn keys(&self, keys: &[&str]) -> Self {
        keys.iter().fold(self.clone(), |at, key| at.key(*key))
    }

    /// The tokens from the root to this place.
    #[must_use]
    pub fn tokens(&self) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut at = self;
        while let Some(segment) = &at.0 {
            tokens.push(segment.token.clone());
            at = &segment.parent;
        }
        tokens.reverse();
        tokens
    }

    /// The last token of this place; `None` at the root.
    #[must_use]
    pub fn last(&self) -> Option<&Token> {
        self.0.as_ref().map(|segment| &segment.token)
    }

    /// The place that holds this one; `None` at the root.
    #[must_use]
    pub fn parent(&self) -> Option<&Self> {
        self.0.as_ref().map(|segment| &segment.parent)
    }

    /// Whether it is the other place or below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        std::iter::successors(Some(self), |at| at.parent()).any(|at| at == other)
    }

    /// The place as a JSONPath of RFC 9535, as overlays use it.
    #[must_use]
    pub fn to_json_path(&self) -> String {
        let is_name = |key: &str| {
            let mut bytes = key.bytes();
            let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
            bytes.next().is_some_and(is_letter)
                && bytes.all(|byte| is_letter(byte) || byte.is_ascii_digit())
        };
        let selectors = self.tokens().into_iter().map(|token| match token {
            Token::Index(index) => format!("[{index}]"),
            Token::Key(key) if is_name(&key) => format!(".{key}"),
            Token::Key(key) => {
                let quoted = serde_json::Value::from(&*key).to_string();
                let text = quoted[1..quoted.len() - 1].replace("\\\"", "\"");
                format!("['{}']", text.replace('\'', "\\'"))
            }
        });
        format!("${}", selectors.collect::<String>())
    }

    fn child(&self, token: Token) -> Self {
        Self(Some(Arc::new(Segment {
            parent: self.clone(),
            token,
        })))
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tokens = self.tokens().into_iter();
        tokens.try_for_each(|token| write!(f, "/{}", escape(&token.text())))
    }
}

/// The text does not show what is an array: all tokens become keys, which also find elements of
/// arrays.
impl FromStr for Pointer {
    type Err = InvalidPointer;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut tokens = text.split('/');
        if tokens.next() != Some("") {
            return Err(InvalidPointer);
        }
        tokens.try_fold(Self::root(), |at, token| {
            unescape(token).map(|key| at.key(key)).ok_or(InvalidPointer)
        })
    }
}

/// A key as the text of a pointer has it.
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The key that a token of a text means; `None` where `~` is used other than in `~0` and `~1`.
pub(crate) fn unescape(token: &str) -> Option<String> {
    let escapes = token.matches('~').count();
    let valid = token.matches("~0").count() + token.matches("~1").count();
    (escapes == valid).then(|| token.replace("~1", "/").replace("~0", "~"))
}

/// A text that is not a JSON Pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPointer;

impl fmt::Display for InvalidPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON Pointer is empty or begins with `/`, and has `~` only in `~0` and `~1`")
    }
}

impl std::error::Error for InvalidPointer {}

impl fmt::Debug for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl PartialEq for Pointer {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b) || (a.token == b.token && a.parent == b.parent),
            _ => false,
        }
    }
}

impl Eq for Pointer {}

impl Hash for Pointer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut at = self;
        while let Some(segment) = &at.0 {
            segment.token.hash(state);
            at = &segment.parent;
        }
    }
}

/// A place in a source file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The name of the file, as the caller of the parser gave it.
    pub file: Arc<str>,
    /// The place in that file.
    pub pointer: Pointer,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.file, self.pointer)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn pointers_are_equal_when_they_have_the_same_text() {
        let built = Pointer::root().key("a").index(1);
        let read: Pointer = "/a/1".parse().unwrap();
        assert_eq!(built, read);
        assert!(HashSet::from([built]).contains(&read));
        for other in ["/a/01", "/a/+1", "/a", "/b/1", "/a/1/1"] {
            assert_ne!(read, other.parse().unwrap());
        }
    }

    #[test]
    fn text_and_back() {
        for text in ["", "/", "/paths/~1a~1{b}/get", "/x~0y~01/0"] {
            assert_eq!(text.parse::<Pointer>().unwrap().to_string(), text);
        }
        for text in ["a", "#/a", "/a~", "/a~2b"] {
            assert_eq!(text.parse::<Pointer>(), Err(InvalidPointer));
        }
    }
}
