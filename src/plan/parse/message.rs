//! What the YAML parser's errors mean for the person who wrote the file.

use granit_parser::ErrorKind;

/// What is wrong and what to do. `rest` is the text from the marked place on.
pub(in crate::plan) fn describe(kind: &ErrorKind, rest: &str) -> (String, Option<&'static str>) {
    if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| rest.starts_with(mark)) {
        return ("a merge conflict is still marked here".to_owned(), Some("resolve it, and remove its marks"));
    }
    let (message, hint) = match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => ("a tab can't be used for indentation", "use spaces"),
        ErrorKind::InvalidBlockEntryWhitespace
        | ErrorKind::InvalidMappingValueWhitespace
        | ErrorKind::ExpectedWhitespace => ("a space must stand here, and nothing else", "use spaces, no tabs"),
        ErrorKind::UnknownAnchor => {
            ("this alias refers to no anchor before it", "put a text that begins with `*` in quotes")
        }
        ErrorKind::MissingAnchorOrAliasName => {
            ("`&` begins an anchor and `*` an alias, and a name must follow", "put the text in quotes")
        }
        ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => (
            "a map that began with `{` isn't closed before this",
            "write `}` where it ends, or `,` between its entries",
        ),
        ErrorKind::ExpectedFlowSequenceSeparator | ErrorKind::UnexpectedEofFlowSequence => (
            "a list that began with `[` isn't closed before this",
            "write `]` where it ends, or `,` between its entries",
        ),
        ErrorKind::InvalidColonPlacement => (
            "a key can't stand here, in a list that began with `[`",
            "write `]` where the list ends; put a text that holds `: ` in quotes",
        ),
        ErrorKind::UnclosedFlowCollection { open: '{' } => ("this `{` is never closed", "write `}` where the map ends"),
        ErrorKind::UnclosedFlowCollection { .. } => ("this `[` is never closed", "write `]` where the list ends"),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            return (format!("this `{open}` is closed with `{close}`"), Some("close it with its own sign first"));
        }
        ErrorKind::MisplacedFlowCollectionEnd => ("nothing is open here that this could close", "remove it"),
        ErrorKind::MappingValueNotAllowed => {
            ("a `:` can't stand here", "put a text that holds `: ` in quotes; or a `:` is missing in the line before")
        }
        ErrorKind::SimpleKeyExpected => {
            ("this is neither `KEY: VALUE` nor an entry of a list", "write `:` and a space behind the key")
        }
        ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::InvalidIndentation
        | ErrorKind::InvalidFlowScalarIndent
        | ErrorKind::InvalidQuotedScalarIndent => (
            "the indentation of this line fits nothing above it",
            "set it in as far as what it belongs to; an entry of a list begins with `- `",
        ),
        ErrorKind::BlockSequenceEntryNotAllowed => (
            "an entry of a list can't begin here",
            "begin it on a line of its own, or put a text that begins with `- ` in quotes",
        ),
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => {
            let message = format!("the control character U+{:04X} can't stand in a plan", u32::from(*character));
            return (message, Some("remove it; nobody sees it"));
        }
        ErrorKind::UnexpectedCharacter { character: '`' } => {
            ("a text can't begin with a backtick", "put it in quotes, or take the backticks away")
        }
        ErrorKind::UnexpectedCharacter { character } => {
            return (format!("a text can't begin with `{character}`"), Some("put it in quotes"));
        }
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("this quote is never closed", "end the text with the same quote")
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar => {
            ("something stands behind the closing quote", "write a quote within the text twice: `''`")
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar if rest.starts_with('.') => (
            "something stands behind the closing quote",
            "put the whole name in single quotes, so that its own quotes are a part of it: `'\"my db\".t'`",
        ),
        ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            ("something stands behind the closing quote", "write a quote within the text as `\\\"`")
        }
        ErrorKind::UnknownQuotedScalarEscape => (
            "a backslash in double quotes begins an escape that YAML doesn't have",
            "write a backslash twice, or use single quotes",
        ),
        ErrorKind::InvalidBlockScalarHeader => {
            ("nothing but `-` or `+` may follow `|` or `>` on its line", "begin the text on the next line")
        }
        ErrorKind::BlockEntryInFlowCollection | ErrorKind::PlainScalarStartsWithDashFlowIndicator => (
            "an entry can't begin with `-` in brackets",
            "write the entries with `,` between them, or put a text that begins with `-` in quotes",
        ),
        ErrorKind::ZeroBlockScalarIndent | ErrorKind::InvalidBlockScalarIndent => (
            "the lines of this text are set in differently",
            "set each of them in at least as far as the first one that holds something",
        ),
        ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => (
            "an escape in these quotes stands for no character",
            "write the character itself; a backslash is written twice",
        ),
        ErrorKind::MappingKeyNotAllowed => ("a `?` can't begin a key here", "write `KEY: VALUE`"),
        ErrorKind::InvalidSimpleKey => ("a key must end with `:` on its own line", "write `KEY: VALUE`"),
        ErrorKind::FlowMappingValueAdjacentCollection => {
            ("a space is missing between `:` and what follows", "write `KEY: VALUE`")
        }
        ErrorKind::CommentInterceptedScalar => (
            "a comment stands in the middle of a text",
            "put the text on one line, or in quotes; the comment goes above it",
        ),
        ErrorKind::UnexpectedEofBlockSequence
        | ErrorKind::UnexpectedEofBlockMapping
        | ErrorKind::UnexpectedEof
        | ErrorKind::ExpectedNodeContent
        | ErrorKind::UnexpectedEndOfPlainScalar => {
            ("a value is missing here", "write it, or remove what it belongs to")
        }
        ErrorKind::InvalidDocumentEnd
        | ErrorKind::ExpectedDocumentStart
        | ErrorKind::MissingDocumentEndBeforeDirective => {
            ("this belongs to nothing above it", "a plan is one document: remove what stands outside of it")
        }
        ErrorKind::UndeclaredTagHandle
        | ErrorKind::ExpectedTagBang
        | ErrorKind::InvalidGlobalTagCharacter
        | ErrorKind::InvalidTagTerminator
        | ErrorKind::MissingTagUri
        | ErrorKind::UnclosedVerbatimTag
        | ErrorKind::InvalidTagEscape
        | ErrorKind::InvalidTagUtf8LeadingByte
        | ErrorKind::InvalidTagUtf8TrailingByte
        | ErrorKind::InvalidTagUtf8 => ("a tag begins with `!`, and a plan can't use any", "put the text in quotes"),
        ErrorKind::CommentNotSeparated => {
            ("a `#` without a space before it begins no comment", "add the space, or put the text in quotes")
        }
        ErrorKind::DirectiveDisallowed
        | ErrorKind::DuplicateVersionDirective
        | ErrorKind::UnsupportedYamlMajorVersion
        | ErrorKind::DuplicateTagDirective
        | ErrorKind::InvalidDirectiveTerminator
        | ErrorKind::MissingDirectiveName
        | ErrorKind::InvalidDirectiveName => {
            ("a directive such as `%YAML` can't stand in a plan", "remove the line, or put the text in quotes")
        }
        ErrorKind::BomInsideDocument => {
            ("a byte order mark stands here, which can't be seen", "remove the invisible character")
        }
        // What is left are limits and sources of text that the loader doesn't use.
        _ => return ("the text can't be read from here on".to_owned(), None),
    };
    (message.to_owned(), Some(hint))
}

#[cfg(test)]
mod tests {
    use granit_parser::Parser;

    /// What is said of a text that is no YAML, and the rest of the line that it points at.
    fn said(text: &str) -> (String, String) {
        let error = Parser::new_from_str(text).find_map(Result::err).expect(text);
        let rest = error.marker().byte_offset().and_then(|at| text.get(at..)).unwrap_or("");
        (super::describe(error.kind(), rest).0, rest.lines().next().unwrap_or("").to_owned())
    }

    #[test]
    fn common_slips_are_told_in_plain_words() {
        for (text, message, at) in [
            ("a: {b: 1\nc: 2\n", "a map that began with `{` isn't closed before this", ": 2"),
            ("a: {b: 1", "this `{` is never closed", "{b: 1"),
            ("a: [1, {b: 2]\n", "this `{` is closed with `]`", "{b: 2]"),
            ("a: [b\nc: 2\n", "a key can't stand here, in a list that began with `[`", ": 2"),
            ("a: {b: 1}}\n", "nothing is open here that this could close", "}"),
            ("a: b: c\n", "a `:` can't stand here", ": c"),
            ("a:\n  b 2\n  c: 1\n", "a `:` can't stand here", ": 1"),
            ("a: 1\nb 2\n", "this is neither `KEY: VALUE` nor an entry of a list", "b 2"),
            ("a:\n  - b: 1\n  c: 2\n", "the indentation of this line fits nothing above it", "c: 2"),
            ("a:\n- b: 1\n c: 2\n", "the indentation of this line fits nothing above it", "c: 2"),
            ("a: - b\n", "an entry of a list can't begin here", "- b"),
            ("a: @b\n", "a text can't begin with `@`", "@b"),
            ("a: 'b\n", "this quote is never closed", "'b"),
            ("a: 'it's'\n", "something stands behind the closing quote", "s'"),
            ("a: \"b\" c\n", "something stands behind the closing quote", "c"),
            ("a: \"C:\\dir\"\n", "a backslash in double quotes begins an escape that YAML doesn't have", "\"C:\\dir\""),
            ("a: |x\n  b\n", "nothing but `-` or `+` may follow `|` or `>` on its line", "|x"),
            ("a: [b,#c\n  d]\n", "a `#` without a space before it begins no comment", "#c"),
            ("a: & b\n", "`&` begins an anchor and `*` an alias, and a name must follow", "& b"),
            ("a: *b\n", "this alias refers to no anchor before it", "*b"),
            ("a:\n\tb: 1\n", "a tab can't be used for indentation", "b: 1"),
            ("a: b\n\tc: 1\n", "a tab can't be used for indentation", "b"),
            ("a: [- b]\n", "an entry can't begin with `-` in brackets", "- b]"),
            ("a: \"\\uD800\"\n", "an escape in these quotes stands for no character", "\"\\uD800\""),
            ("a: !<x\n", "a tag begins with `!`, and a plan can't use any", "!<x"),
            ("a: \"b\".c\n", "something stands behind the closing quote", ".c"),
            ("a:\tb: 1\n", "a `:` can't stand here", ": 1"),
            ("a: 1\n<<<<<<< HEAD\nb: 1\n", "a merge conflict is still marked here", "<<<<<<< HEAD"),
        ] {
            assert_eq!(said(text), (message.to_owned(), at.to_owned()), "{text}");
        }
    }
}
