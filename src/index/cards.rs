//! What a person sees of a skill: cards (id, name, description, source, licence, risk notes) and bodies, in shards that
//! are fetched when they are needed.
//!
//! A shard holds neighbours in the order of the index, which is the order of the hashes of their ids: skills that have
//! nothing to do with each other. So a shard does not name the skill that somebody looked for; which shards are fetched, over many
//! queries, still tells something.
//!
//! Payload of a [`Kind::Cards`] file: `n` as varint, then for each skill five strings: id, name, description, source,
//! licence; then the number of its notes, and for each note its rule, line and count. Payload of a [`Kind::Bodies`] file: `n` as varint, then for each skill one byte, 1 when its body is there,
//! and the body. Strings are a varint length and UTF-8 bytes; numbers are varints.

use crate::{
    error::{Error, Result},
    format::{self, Kind, Reader, write_string, write_varint},
    risk::Note,
    skill::Skill,
};

/// What a person sees of a skill at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Unique within the index.
    pub id: String,
    /// Short name.
    pub name: String,
    /// What the skill does and when to use it.
    pub description: String,
    /// Repository or address, empty when unknown.
    pub source: String,
    /// Licence as stated, empty when it is not.
    pub license: String,
    /// Risk notes, gravest first.
    pub notes: Vec<Note>,
}

impl Card {
    /// The card of a skill with these notes.
    pub fn new(skill: &Skill, notes: Vec<Note>) -> Card {
        Card {
            id: skill.id.clone(),
            name: skill.name.clone(),
            description: skill.description.clone(),
            source: skill.source.clone(),
            license: skill.license.clone(),
            notes,
        }
    }
}

/// Writes a shard of cards.
pub fn cards_file<'a>(cards: impl ExactSizeIterator<Item = &'a Card>) -> Vec<u8> {
    let mut payload = Vec::new();
    write_varint(&mut payload, cards.len() as u64);
    for card in cards {
        for text in [&card.id, &card.name, &card.description, &card.source, &card.license] {
            write_string(&mut payload, text);
        }
        write_varint(&mut payload, card.notes.len() as u64);
        for note in &card.notes {
            for number in [u32::from(note.rule), note.line, note.count] {
                write_varint(&mut payload, u64::from(number));
            }
        }
    }
    format::seal(Kind::Cards, &payload)
}

/// Reads a shard of cards, of an index with so many rules.
///
/// # Errors
/// Those of [`format::open`], and [`Error::Malformed`].
pub fn read_cards(file: &str, bytes: &[u8], n_rules: usize) -> Result<Vec<Card>> {
    shard(Kind::Cards, file, bytes, |reader| {
        let mut text = || reader.string().map(str::to_owned);
        let (id, name, description, source, license) = (text()?, text()?, text()?, text()?, text()?);
        let n_notes = reader.varint()?;
        let notes = (0..n_notes).map(|_| read_note(file, reader, n_rules)).collect::<Result<_>>()?;
        Ok(Card { id, name, description, source, license, notes })
    })
}

fn read_note(file: &str, reader: &mut Reader, n_rules: usize) -> Result<Note> {
    let (rule, line, count) = (reader.varint()?, reader.varint()?, reader.varint()?);
    match (u16::try_from(rule), u32::try_from(line), u32::try_from(count)) {
        (Ok(rule), Ok(line), Ok(count)) if usize::from(rule) < n_rules => Ok(Note { rule, line, count }),
        _ => Err(Error::malformed(file, "a risk note in it is none of this index; write it again")),
    }
}

/// Writes a shard of bodies; `None` is a body that must not be passed on.
pub fn bodies_file<'a>(bodies: impl ExactSizeIterator<Item = Option<&'a str>>) -> Vec<u8> {
    let mut payload = Vec::new();
    write_varint(&mut payload, bodies.len() as u64);
    for body in bodies {
        payload.push(u8::from(body.is_some()));
        if let Some(body) = body {
            write_string(&mut payload, body);
        }
    }
    format::seal(Kind::Bodies, &payload)
}

/// Reads a shard of bodies.
///
/// # Errors
/// Those of [`format::open`], and [`Error::Malformed`].
pub fn read_bodies(file: &str, bytes: &[u8]) -> Result<Vec<Option<String>>> {
    shard(Kind::Bodies, file, bytes, |reader| match reader.bytes(1)? {
        [0] => Ok(None),
        _ => reader.string().map(|body| Some(body.to_owned())),
    })
}

fn shard<T>(kind: Kind, file: &str, bytes: &[u8], mut read: impl FnMut(&mut Reader) -> Result<T>) -> Result<Vec<T>> {
    let payload = format::open(kind, file, bytes)?;
    let mut reader = Reader::new(file, &payload);
    let n = reader.varint()?;
    let items = (0..n).map(|_| read(&mut reader)).collect::<Result<Vec<T>>>()?;
    match reader.rest() {
        [] => Ok(items),
        rest => Err(Error::malformed(file, format!("{} bytes follow its last skill", rest.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_come_back() {
        let card = |id: &str| Card {
            id: id.to_owned(),
            name: "n".into(),
            description: "é".into(),
            source: String::new(),
            license: "MIT".into(),
            notes: Vec::new(),
        };
        let notes = vec![Note { rule: 0, line: 0, count: 1 }, Note { rule: 300, line: 70_000, count: 200 }];
        let cards = [Card { notes, ..card("a") }, card("b")];
        let file = cards_file(cards.iter());
        assert_eq!(read_cards("f", &file, 301).unwrap(), cards);
        assert_eq!(read_cards("f", &file, 300).unwrap_err().code(), "malformed", "a rule that the index does not name");
        let bodies = [Some("text"), None, Some("")];
        let read = read_bodies("f", &bodies_file(bodies.into_iter())).unwrap();
        assert_eq!(read.iter().map(Option::as_deref).collect::<Vec<_>>(), bodies);
    }
}
