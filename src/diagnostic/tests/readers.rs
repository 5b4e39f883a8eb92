//! Readers of what is written for others, written from their documentation and strict about it.

use std::collections::BTreeMap;

/// A workflow command as GitHub's runner reads it.
pub(super) struct Command {
    pub(super) name: String,
    pub(super) message: String,
    properties: BTreeMap<String, String>,
}

impl Command {
    pub(super) fn read(line: &str) -> Self {
        let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        let property = |text: &str| Self::data(&text.replace("%3A", ":").replace("%2C", ","));
        let properties = properties.split(',').map(|pair| pair.split_once('=').unwrap());
        let properties = properties.map(|(key, value)| (key.to_owned(), property(value))).collect();
        Self { name: name.to_owned(), message: Self::data(message), properties }
    }

    pub(super) fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }

    /// The sign itself comes last, so that `%250A` is no line break.
    fn data(text: &str) -> String {
        text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    }
}

/// An element of an XML document.
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: BTreeMap<String, String>,
    /// Its own text, without that of the elements in it.
    pub(super) text: String,
}

/// The elements of a document in the order in which they begin. Panics where it isn't well-formed; of what XML 1.0 has
/// beyond elements, attributes and the five entities, nothing is known here.
pub(super) fn xml(document: &str) -> Vec<Element> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(document.chars().all(allowed), "a character that XML can't hold in\n{document}");
    let mut rest = document.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    let (mut elements, mut open): (Vec<Element>, Vec<usize>) = (Vec::new(), Vec::new());
    while let Some((before, behind)) = rest.split_once('<') {
        match open.last() {
            Some(inner) => elements[*inner].text.push_str(&unescaped(before)),
            None => assert_eq!(before.trim(), "", "text outside of all elements"),
        }
        let (tag, behind) = behind.split_once('>').unwrap();
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(elements[open.pop().unwrap()].name, name);
        } else {
            let (tag, ends) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            if !ends {
                open.push(elements.len());
            }
            elements.push(start(tag));
        }
        rest = behind;
    }
    assert!(open.is_empty() && rest.trim().is_empty());
    elements
}

/// What stands between `<` and `>` of a start tag.
fn start(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
    let mut attributes = BTreeMap::new();
    while let Some((key, behind)) = rest.split_once("=\"") {
        let (value, behind) = behind.split_once('"').unwrap();
        assert!(attributes.insert(key.trim_start().to_owned(), unescaped(value)).is_none(), "{key} twice");
        rest = behind;
    }
    assert_eq!(rest, "");
    Element { name: name.to_owned(), attributes, text: String::new() }
}

fn unescaped(text: &str) -> String {
    let mut pieces = text.split('&');
    let mut out = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (entity, behind) = piece.split_once(';').unwrap();
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => panic!("no entity of XML: {other}"),
        });
        out.push_str(behind);
    }
    assert!(!text.contains("]]>"));
    out
}
