//! JavaScript string literals, as Cribl's expressions are: single quotes, or backticks with `${…}`.

use zeroize::Zeroizing;

/// The text as a literal in single quotes. Line ends have been refused before.
pub(crate) fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('\'');
    for character in text.chars() {
        if matches!(character, '\'' | '\\') {
            literal.push('\\');
        }
        literal.push(character);
    }
    literal.push('\'');
    literal
}

/// Evaluates a literal of any of the three kinds: inside backticks `${name}` becomes what `variable` gives for it, also
/// where it is wrapped in one call (`${C.Encode.uri(name)}`; then `variable` is told so). `None` for all other
/// expressions.
pub(crate) fn evaluated(
    expression: &str,
    variable: impl Fn(&str, bool) -> Option<Zeroizing<String>>,
) -> Option<Zeroizing<String>> {
    let expression = expression.trim();
    let mut characters = expression.chars();
    let quote = characters.next().filter(|quote| matches!(quote, '\'' | '"' | '`'))?;
    let mut value = Zeroizing::new(String::with_capacity(4 * expression.len()));
    loop {
        match characters.next()? {
            '\\' => match characters.next()? {
                plain @ ('\\' | '\'' | '"' | '`' | '$' | '{' | '/') => value.push(plain),
                _ => return None,
            },
            '$' if quote == '`' && characters.as_str().starts_with('{') => {
                characters.next();
                let (inside, after) = characters.as_str().split_once('}')?;
                characters = after.chars();
                let inside = inside.trim();
                let (name, called) = match inside.split_once('(') {
                    Some((_, argument)) => (argument.strip_suffix(')')?.trim(), true),
                    None => (inside, false),
                };
                value.push_str(&variable(name, called)?);
            }
            end if end == quote => break,
            other => value.push(other),
        }
    }
    characters.as_str().is_empty().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(expression: &str) -> Option<String> {
        evaluated(expression, |name, called| {
            Some(Zeroizing::new(format!("<{name}{}>", if called { "!" } else { "" })))
        })
        .map(|value| value.to_string())
    }

    #[test]
    fn literals_come_back() {
        for text in ["https://x.example/a?b=c", "it's", "C:\\new\\u0041", "`${x}`", "\"q\"", "비밀"] {
            assert_eq!(value(&quoted(text)).as_deref(), Some(text));
        }
        assert_eq!(
            value("`a=${username}&b=${C.Encode.uri(password)}`").as_deref(),
            Some("a=<username>&b=<password!>")
        );
        assert_eq!(value("'${x}'").as_deref(), Some("${x}"));
    }

    #[test]
    fn what_is_no_literal_is_not_guessed_at() {
        for expression in ["", "username", "'a' + 'b'", "'open", "`a${open`", "'\\x41'"] {
            assert_eq!(value(expression), None, "{expression}");
        }
    }
}
