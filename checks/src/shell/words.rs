//! The words of the commands in a line, whatever they mean.

use super::lexer::{Token, Word, tokens};

/// The simple commands of a line with their words, quotes removed. What only a shell could read
/// holds no command, and a command in which only a shell could expand a word is left out.
pub(crate) fn commands(line: &str) -> Vec<Vec<String>> {
    let Ok(tokens) = tokens(line) else {
        return Vec::new();
    };
    let literal = |word: &Word| word.needs.is_none().then(|| word.text.clone());
    let commands = simple_commands(&tokens);
    let words = commands.filter_map(|words| words.into_iter().map(literal).collect());
    words.collect()
}

/// The words of each simple command, its redirections left out; there are no empty ones.
pub(super) fn simple_commands(tokens: &[Token]) -> impl Iterator<Item = Vec<&Word>> {
    let is_part = |token: &Token| matches!(token, Token::Word(_) | Token::Redirect(_));
    let commands = tokens.split(move |token| !is_part(token));
    let words = commands.map(|command| {
        let words = command.iter().filter_map(|token| match token {
            Token::Word(word) => Some(word),
            _ => None,
        });
        words.collect::<Vec<_>>()
    });
    words.filter(|words| !words.is_empty())
}
