//! Colours for code: syntect's scopes turned into roles.

use syntect::parsing::{ParseState, Scope, ScopeStack, ScopeStackOp, SyntaxReference, SyntaxSet};

use super::style::{Role, Span};
use super::text;

/// The longest code that is coloured; on a slide nobody could read a tenth of it.
const CODE_BYTES_MAX: usize = 64 * 1024;

/// Which scope has which role. The first rule that matches the innermost scope wins, then the scope
/// around it is asked.
const RULES: [(&str, Role); 24] = [
    ("comment", Role::Comment),
    ("punctuation.definition.comment", Role::Comment),
    ("punctuation.definition.string", Role::String),
    ("punctuation.definition.variable", Role::Variable),
    ("constant.character.escape", Role::Operator),
    ("string", Role::String),
    ("constant", Role::Number),
    ("keyword.operator", Role::Operator),
    ("keyword", Role::Keyword),
    ("storage.type.numeric", Role::Number),
    ("storage.type.function", Role::Keyword),
    ("storage.type.keyword", Role::Keyword),
    ("storage.type", Role::Type),
    ("storage", Role::Keyword),
    ("entity.name.tag.yaml", Role::Keyword),
    ("entity.name.type", Role::Type),
    ("entity.name.function", Role::Function),
    ("variable.function", Role::Function),
    ("support.function", Role::Function),
    ("support.type", Role::Type),
    ("meta.mapping.key", Role::Variable),
    ("variable.parameter", Role::Variable),
    ("variable", Role::Variable),
    ("punctuation", Role::Operator),
];

/// The languages that can be coloured. Loading them, and the first use of each, takes 50 to 100 ms:
/// load it on a thread of its own and keep it there.
pub struct Highlighter {
    syntaxes: SyntaxSet,
    rules: Vec<(Scope, Role)>,
}

impl Highlighter {
    /// Loads the languages.
    pub fn load() -> Highlighter {
        let rules = RULES
            .iter()
            .filter_map(|(scope, role)| Some((Scope::new(scope).ok()?, *role)));
        Highlighter {
            syntaxes: two_face::syntax::extra_newlines(),
            rules: rules.collect(),
        }
    }

    /// Colours `source` line by line, tabs expanded; `None` for a language that is not known, for code
    /// of more than 64 KiB, and for code on which the language's own rules fail.
    pub fn highlight(&self, language: &str, source: &str) -> Option<Vec<Vec<Span>>> {
        if source.len() > CODE_BYTES_MAX {
            return None;
        }
        let syntax: &SyntaxReference = self.syntaxes.find_syntax_by_token(language)?;
        let mut state = ParseState::new(syntax);
        let mut stack = ScopeStack::new();
        let mut lines = Vec::new();
        for line in source.lines() {
            let operations = state.parse_line(&format!("{line}\n"), &self.syntaxes).ok()?;
            lines.push(text::clean_code(self.spans(line, &operations, &mut stack)?));
        }
        Some(lines)
    }

    fn spans(
        &self,
        line: &str,
        operations: &[(usize, ScopeStackOp)],
        stack: &mut ScopeStack,
    ) -> Option<Vec<Span>> {
        let mut spans = Vec::new();
        let mut from = 0;
        for (at, operation) in operations {
            let at = (*at).min(line.len());
            if at > from {
                text::push(&mut spans, &line[from..at], self.role(stack), None);
                from = at;
            }
            stack.apply(operation).ok()?;
        }
        if from < line.len() {
            text::push(&mut spans, &line[from..], self.role(stack), None);
        }
        Some(spans)
    }

    fn role(&self, stack: &ScopeStack) -> Role {
        let innermost_first = stack.as_slice().iter().rev();
        let of_scope = |scope: &Scope| self.rules.iter().find(|(rule, _)| rule.is_prefix_of(*scope));
        innermost_first
            .filter_map(of_scope)
            .map(|(_, role)| *role)
            .next()
            .unwrap_or(Role::Code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_languages_have_their_roles() {
        let highlighter = Highlighter::load();
        let cases = [
            (
                "bash",
                "echo \"a $b\" # c",
                vec![
                    ("echo", Role::Function),
                    ("\"a ", Role::String),
                    ("$b", Role::Variable),
                    ("# c", Role::Comment),
                ],
            ),
            (
                "bash",
                "for i in $(seq 10)",
                vec![("for", Role::Keyword), ("10", Role::Code)],
            ),
            (
                "go",
                "\tfunc f() { return 1 }",
                vec![
                    ("func", Role::Keyword),
                    ("f", Role::Function),
                    ("return", Role::Keyword),
                    ("1", Role::Number),
                ],
            ),
            ("json", "{\"a\": 1}", vec![("1", Role::Number)]),
            ("yaml", "a: b", vec![("a", Role::Keyword)]),
            ("rust", "let x: u8 = 1;", vec![("u8", Role::Type)]),
            ("toml", "a = 1", vec![("1", Role::Number)]),
        ];
        for (language, source, expected) in cases {
            let lines = highlighter.highlight(language, source).expect(language);
            let text: String = lines[0].iter().map(|span| span.text.as_str()).collect();
            assert_eq!(text, source.replace('\t', "    "));
            for (word, role) in expected {
                let found = lines[0].iter().find(|span| span.text.trim() == word.trim());
                assert_eq!(
                    found.map(|span| span.role),
                    Some(role),
                    "{word} in {:?}",
                    lines[0]
                );
            }
        }
        assert!(highlighter.highlight("plantuml", "@startuml").is_none());
        assert!(
            highlighter
                .highlight("go", &"x\n".repeat(CODE_BYTES_MAX))
                .is_none()
        );
    }
}
