//! What a person sees of a skill: cards (id, name, description, source, licence, marks, risk notes) and bodies, in shards that
//! are fetched when they are needed.
//!
//! A shard holds neighbours in the order of the index, which is the order of the hashes of their ids: skills that have
//! nothing to do with each other. So a shard does not name the skill that somebody looked for; which shards are fetched, over many
//! queries, still tells something.
//!
//! Payload of a [`Kind::Cards`] file: `n` as varint, then for each skill
//!
//! | type | meaning |
//! |---|---|
//! | 5 strings | id, name, description, source, licence |
//! | u8 | bits 0 to 3: the marks, in the order of [`Mark::ALL`]; bit 4: a successor follows; bit 5: files follow |
//! | string | with bit 4: the skill that supersedes it |
//! | varint, strings | with bit 5: number and paths of the files beside `SKILL.md` that its notes name |
//! | varint | number of its notes |
//! | 3 or 4 varints each | rule, line, count, and with bit 5 the file: 0 is `SKILL.md`, others count from 1 |
//!
//! Payload of a [`Kind::Bodies`] file: `n` as varint, then for each skill one byte, 1 when its body is there,
//! and the body. Strings are a varint length and UTF-8 bytes; numbers are varints.

use crate::{
    error::{Error, Result},
    format::{self, Kind, Reader, write_string, write_varint},
    risk::Note,
    skill::{Mark, Skill, from_bits, to_bits},
};

/// Bits beside those of the marks.
const HAS_SUCCESSOR: u8 = 1 << 4;
const HAS_FILES: u8 = 1 << 5;

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
    /// What it says of its own use.
    pub marks: Vec<Mark>,
    /// The skill that it says to use instead, empty when it names none.
    pub superseded_by: String,
    /// Risk notes, gravest first.
    pub notes: Vec<Note>,
    /// The files beside `SKILL.md` that the notes name.
    pub files: Vec<String>,
}

impl Card {
    /// The card of a skill with these notes, whose files are places in its scripts.
    pub fn new(skill: &Skill, mut notes: Vec<Note>) -> Card {
        let mut files: Vec<String> = Vec::new();
        for note in notes.iter_mut().filter(|note| note.file > 0) {
            let path = &skill.scripts[usize::from(note.file) - 1].path;
            let place = files.iter().position(|file| file == path).unwrap_or_else(|| {
                files.push(path.clone());
                files.len() - 1
            });
            note.file = place as u16 + 1;
        }
        Card {
            id: skill.id.clone(),
            name: skill.name.clone(),
            description: skill.description.clone(),
            source: skill.source.clone(),
            license: skill.license.clone(),
            marks: skill.marks.clone(),
            superseded_by: skill.superseded_by.clone(),
            notes,
            files,
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
        write_marks(&mut payload, card);
        write_varint(&mut payload, card.notes.len() as u64);
        for note in &card.notes {
            let file = (!card.files.is_empty()).then_some(u32::from(note.file));
            for number in [u32::from(note.rule), note.line, note.count].into_iter().chain(file) {
                write_varint(&mut payload, u64::from(number));
            }
        }
    }
    format::seal(Kind::Cards, &payload)
}

fn write_marks(payload: &mut Vec<u8>, card: &Card) {
    let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
    let (has_successor, has_files) = (!card.superseded_by.is_empty(), !card.files.is_empty());
    payload.push(to_bits(&card.marks) | bit(has_successor, HAS_SUCCESSOR) | bit(has_files, HAS_FILES));
    if has_successor {
        write_string(payload, &card.superseded_by);
    }
    if has_files {
        write_varint(payload, card.files.len() as u64);
        card.files.iter().for_each(|file| write_string(payload, file));
    }
}

/// Reads a shard of cards, of an index with so many rules.
///
/// # Errors
/// Those of [`format::open`], and [`Error::Malformed`].
pub fn read_cards(file: &str, bytes: &[u8], n_rules: usize) -> Result<Vec<Card>> {
    shard(Kind::Cards, file, bytes, |reader| {
        let mut text = || reader.string().map(str::to_owned);
        let (id, name, description, source, license) = (text()?, text()?, text()?, text()?, text()?);
        let bits = reader.bytes(1)?[0];
        let marks = from_bits(bits & !(HAS_SUCCESSOR | HAS_FILES));
        let marks = marks.ok_or_else(|| Error::malformed(file, "a mark in it is unknown; write it again"))?;
        let has = |bit: u8| bits & bit != 0;
        let superseded_by = if has(HAS_SUCCESSOR) { reader.string()?.to_owned() } else { String::new() };
        let n_files = if has(HAS_FILES) { reader.varint()? } else { 0 };
        let files: Vec<String> = (0..n_files).map(|_| reader.string().map(str::to_owned)).collect::<Result<_>>()?;
        let n_notes = reader.varint()?;
        let notes = (0..n_notes).map(|_| read_note(file, reader, n_rules, files.len())).collect::<Result<_>>()?;
        Ok(Card { id, name, description, source, license, marks, superseded_by, notes, files })
    })
}

fn read_note(file: &str, reader: &mut Reader, n_rules: usize, n_files: usize) -> Result<Note> {
    let (rule, line, count) = (reader.varint()?, reader.varint()?, reader.varint()?);
    let place = if n_files > 0 { reader.varint()? } else { 0 };
    match (u16::try_from(rule), u32::try_from(line), u32::try_from(count), u16::try_from(place)) {
        (Ok(rule), Ok(line), Ok(count), Ok(file)) if usize::from(rule) < n_rules && usize::from(file) <= n_files => {
            Ok(Note { rule, file, line, count })
        }
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
            marks: Vec::new(),
            superseded_by: String::new(),
            notes: Vec::new(),
            files: Vec::new(),
        };
        let note = |rule, file, line, count| Note { rule, file, line, count };
        let notes = vec![note(0, 0, 0, 1), note(300, 0, 70_000, 200)];
        let marked = Card { marks: vec![Mark::Manual, Mark::Deprecated], superseded_by: "a".into(), ..card("c") };
        let files = vec!["scripts/x.sh".to_owned()];
        let scripted = Card { notes: vec![note(1, 0, 2, 1), note(1, 1, 3, 1)], files, ..card("d") };
        let cards = [Card { notes, ..card("a") }, card("b"), marked, scripted];
        let file = cards_file(cards.iter());
        assert_eq!(read_cards("f", &file, 301).unwrap(), cards);
        assert_eq!(read_cards("f", &file, 300).unwrap_err().code(), "malformed", "a rule that the index does not name");
        let elsewhere = Card { notes: vec![note(0, 2, 3, 1)], ..cards[3].clone() };
        assert_eq!(read_cards("f", &cards_file([elsewhere].iter()), 301).unwrap_err().code(), "malformed");
        let bodies = [Some("text"), None, Some("")];
        let read = read_bodies("f", &bodies_file(bodies.into_iter())).unwrap();
        assert_eq!(read.iter().map(Option::as_deref).collect::<Vec<_>>(), bodies);
    }
}
