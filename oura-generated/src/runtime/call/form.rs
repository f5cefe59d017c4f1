//! Values of several parts as pairs of texts: in queries and in forms.

use percent_encoding::utf8_percent_encode;
use serde::Serialize;
use serde_json::Value;

use super::path::ENCODED;
use super::query::ListStyle;

/// Pairs of names and texts, not yet encoded.
pub(crate) type Pairs = Vec<(String, String)>;

/// The properties of a form. Lists are repeated and objects are JSON, unless `styles` says
/// otherwise.
pub(crate) fn pairs_of_form<B: Serialize + ?Sized>(
    body: &B,
    styles: &[(&str, ListStyle)],
) -> Result<Pairs, &'static str> {
    let Ok(Value::Object(members)) = serde_json::to_value(body) else {
        return Err("is not an object, which a form needs");
    };
    let mut pairs = Pairs::new();
    for (name, value) in &members {
        let usual = match value {
            Value::Object(_) => ListStyle::Json,
            _ => ListStyle::Repeat,
        };
        let mut styles = styles.iter();
        let style = styles.find(|(known, _)| known == name);
        push_value(&mut pairs, name, value, style.map_or(usual, |it| it.1))?;
    }
    Ok(pairs)
}

/// Adds the pairs of a value; null has none.
pub(crate) fn push_value(
    pairs: &mut Pairs,
    name: &str,
    value: &Value,
    style: ListStyle,
) -> Result<(), &'static str> {
    let mut add = |name: &str, text| pairs.push((name.to_owned(), text));
    match (value, style) {
        (Value::Null, _) => {}
        (Value::Array(_) | Value::Object(_), ListStyle::Json) => add(name, value.to_string()),
        (Value::Array(items), _) => {
            let texts = items.iter().map(text).collect();
            style
                .join(texts)?
                .into_iter()
                .for_each(|text| add(name, text));
        }
        (Value::Object(members), ListStyle::Deep) => {
            for (key, member) in members {
                push_value(pairs, &format!("{name}[{key}]"), member, style)?;
            }
        }
        (Value::Object(members), ListStyle::Repeat) => {
            let members = members.iter().filter(|(_, member)| !member.is_null());
            members.for_each(|(key, member)| add(key, text(member)));
        }
        (Value::Object(members), ListStyle::Comma | ListStyle::Space | ListStyle::Pipe) => {
            let members = members.iter().filter(|(_, member)| !member.is_null());
            let texts = members.flat_map(|(key, member)| [key.clone(), text(member)]);
            style
                .join(texts.collect())?
                .into_iter()
                .for_each(|text| add(name, text));
        }
        (Value::Bool(_) | Value::Number(_) | Value::String(_), _) => add(name, text(value)),
    }
    Ok(())
}

/// A value as one text: a string as it is, the rest as JSON.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// `a=1&b=2`.
pub(crate) fn encode(pairs: &Pairs) -> String {
    let mut form = String::new();
    for (name, value) in pairs {
        if !form.is_empty() {
            form.push('&');
        }
        form.extend(utf8_percent_encode(name, ENCODED));
        form.push('=');
        form.extend(utf8_percent_encode(value, ENCODED));
    }
    form
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_has_a_pair_for_each_property() {
        let body = json!({"status": "open & new", "n": 1.5, "none": null, "tags": ["a", "b"],
            "ids": [1, 2], "meta": {"k": "v", "l": {"m": [true]}}, "raw": {"x": 1}});
        let styles = [("ids", ListStyle::Comma), ("meta", ListStyle::Deep)];
        let pairs = pairs_of_form(&body, &styles).expect("an object");
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, text)| format!("{name}={text}"))
            .collect();
        let expected = [
            "ids=1,2",
            "meta[k]=v",
            "meta[l][m]=true",
            "n=1.5",
            "raw={\"x\":1}",
            "status=open & new",
            "tags=a",
            "tags=b",
        ];
        assert_eq!(pairs, expected);
        assert!(pairs_of_form(&json!(["a"]), &[]).is_err());
        assert!(pairs_of_form(&json!({"ids": ["1,2", "3"]}), &styles).is_err());
    }

    #[test]
    fn a_form_is_encoded() {
        let pairs = vec![
            ("a b".to_owned(), "å&=+".to_owned()),
            ("c".to_owned(), String::new()),
        ];
        assert_eq!(encode(&pairs), "a%20b=%C3%A5%26%3D%2B&c=");
    }

    #[test]
    fn objects_in_queries_have_their_styles() {
        let pairs = |style| {
            let mut pairs = Pairs::new();
            push_value(&mut pairs, "f", &json!({"a": 1, "b": "x"}), style).expect("it can be sent");
            encode(&pairs)
        };
        assert_eq!(pairs(ListStyle::Repeat), "a=1&b=x");
        assert_eq!(pairs(ListStyle::Comma), "f=a%2C1%2Cb%2Cx");
        assert_eq!(pairs(ListStyle::Deep), "f%5Ba%5D=1&f%5Bb%5D=x");
        assert_eq!(
            pairs(ListStyle::Json),
            "f=%7B%22a%22%3A1%2C%22b%22%3A%22x%22%7D"
        );
    }
}
