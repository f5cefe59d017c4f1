//! Words what a report says of each side, on one line.

use super::sides::Indexed;
use crate::facts::{Fact, SchemaForm, Subject, SubjectKind, Topic};

/// What a spec says of a subject as a whole.
pub(super) fn summary(side: &Indexed<'_>, subject: &Subject) -> String {
    let value = |aspect: &str| side.value(&subject.name, aspect).map(str::to_owned);
    match &subject.kind {
        SubjectKind::Operation => value("route").unwrap_or_default(),
        SubjectKind::DefaultServer => value("url").unwrap_or_default(),
        SubjectKind::Server(name) | SubjectKind::Tag(name) | SubjectKind::Scope(name) => {
            name.clone()
        }
        SubjectKind::Scheme | SubjectKind::Flow(_) => {
            value("type").unwrap_or_else(|| subject.name.clone())
        }
        SubjectKind::Defaults => value("security").unwrap_or_default(),
        SubjectKind::Parameter(..) | SubjectKind::Property(_) | SubjectKind::Header(_) => {
            let is_required = side.says(&subject.name, "required");
            let required = if is_required { ", required" } else { "" };
            format!("{}{required}", type_text(side, &subject.name))
        }
        SubjectKind::Response(_) | SubjectKind::Body => match value("media").as_deref() {
            None | Some("none") => "no content".to_owned(),
            Some(media) => format!("{media}: {}", type_text(side, &subject.name)),
        },
        SubjectKind::Schema(SchemaForm::Instance { generic }) => format!("a {generic}"),
        SubjectKind::Media(_) => value("media").unwrap_or_default(),
        SubjectKind::Info
        | SubjectKind::Schema(_)
        | SubjectKind::Items
        | SubjectKind::Values
        | SubjectKind::Branch(_)
        | SubjectKind::Arguments => type_text(side, &subject.name),
    }
}

/// What a fact says; for an absent keyword, what its absence means.
pub(super) fn statement(fact: Option<&Fact>, other: Option<&Fact>) -> Option<String> {
    let topic = fact.or(other).map(|fact| &fact.topic);
    // The kind of the change does not say what would be true or false.
    if topic == Some(&Topic::SendsNull) {
        let words = fact.map_or("cannot be sent as null", |_| "can be sent as null");
        return Some(words.to_owned());
    }
    let Some(fact) = fact else {
        let is_flag = matches!(
            topic,
            Some(Topic::Nullable | Topic::Deprecated | Topic::Access)
        );
        return is_flag.then(|| "false".to_owned());
    };
    match fact.value.is_empty() {
        true => Some(fact.object().to_owned()),
        false => Some(fact.value.clone()),
    }
}

/// The type that a subject describes, in the words of the spec and the names of Rust.
pub(super) fn type_text(side: &Indexed<'_>, name: &str) -> String {
    let facts = side.facts_of(name);
    let objects = |is: fn(&Topic) -> bool| -> Vec<&str> {
        let facts = facts.iter().filter(|fact| is(&fact.topic));
        facts.map(Fact::object).collect()
    };
    let branches = objects(|topic| matches!(topic, Topic::Branch(_)));
    let values = objects(|topic| *topic == Topic::Value);
    let format = side.find(name, |fact| fact.topic == Topic::Format);
    let values_name = SubjectKind::Values.name_in(name);
    let mut text = match side.value(name, "type") {
        _ if !branches.is_empty() => branches.join(" | "),
        None => "any".to_owned(),
        Some("array") => {
            let items = SubjectKind::Items.name_in(name);
            format!("array of {}", type_text(side, &items))
        }
        Some("object") if !side.facts_of(&values_name).is_empty() => {
            let others = type_text(side, &values_name);
            format!("object, additional properties: {others}")
        }
        Some(ty) => ty.to_owned(),
    };
    if let Some(format) = format {
        text.push_str(&format!("({})", format.value));
    }
    if !values.is_empty() {
        text.push_str(&format!(", one of {}", values.join(", ")));
    }
    text
}
