//! The words of the commands in a line, whatever they mean.

use super::lexer::{Token, tokens};

/// The simple commands of a line with their words, quotes removed. What only a shell could read
/// holds no command, and a command in which only a shell could expand a word is left out.
pub(crate) fn commands(line: &str) -> Vec<Vec<String>> {
    let Ok(tokens) = tokens(line) else {
        return Vec::new();
    };
    let is_word = |token: &Token| matches!(token, Token::Word(_) | Token::Redirect(_));
    let commands = tokens.split(|token| !is_word(token));
    let words = commands.filter_map(|command| {
        let words = command.iter().filter_map(|token| match token {
            Token::Word(word) => Some(word),
            _ => None,
        });
        let literal = words.map(|word| word.needs.is_none().then(|| word.text.clone()));
        let words: Vec<String> = literal.collect::<Option<_>>()?;
        (!words.is_empty()).then_some(words)
    });
    words.collect()
}
