//! Bytes to text: UTF-8, UTF-16 with or without a mark, and of the older encodings only what all of them read alike. Elsewhere the
//! answer is what to do, never wrong letters.

/// Why bytes are refused.
type Refusal = String;

/// The text, and what had to be guessed.
pub(super) fn decode(bytes: &[u8]) -> Result<(String, Option<String>), Refusal> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => return utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return utf16(rest, u16::from_be_bytes),
        _ => {}
    }
    // Without a mark, what does not read as UTF-16 is no text at all.
    if let Some(text) = utf16_order(bytes).and_then(|order| utf16(bytes, order).ok()) {
        return Ok(text);
    }
    if bytes.contains(&0) {
        return Err("it is binary, not text; save SKILL.md as UTF-8".to_owned());
    }
    let Err(error) = std::str::from_utf8(bytes) else {
        return Ok((String::from_utf8_lossy(bytes).into_owned(), None));
    };
    if let Some(text) = western(bytes) {
        return Ok((text, Some("it is not UTF-8: it was read as Windows-1252; save it as UTF-8".to_owned())));
    }
    // Text in UTF-8 of which some bytes were lost.
    let text = String::from_utf8_lossy(bytes);
    let n_lost = text.matches('\u{fffd}').count();
    if text.chars().filter(|c| !c.is_ascii()).count() > 5 * n_lost {
        return Ok((text.into_owned(), Some("it is not valid UTF-8: wrong bytes were replaced".to_owned())));
    }
    let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
    Err(format!("it is not UTF-8 in line {line}, and its encoding cannot be told for certain; save SKILL.md as UTF-8"))
}

/// Which byte of a unit comes first, where the zeros of ASCII letters show it.
fn utf16_order(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    let zeros = |first: usize| bytes.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let n_units = bytes.len() / 2;
    // A quarter of the units are ASCII, at least their line ends and the names of the fields.
    let is_clear =
        |zeros: usize, others: usize| bytes.len().is_multiple_of(2) && 4 * zeros >= n_units && zeros > 20 * others;
    if is_clear(odd, even) {
        Some(u16::from_le_bytes)
    } else if is_clear(even, odd) {
        Some(u16::from_be_bytes)
    } else {
        None
    }
}

fn utf16(bytes: &[u8], order: fn([u8; 2]) -> u16) -> Result<(String, Option<String>), Refusal> {
    let units = bytes.chunks_exact(2).map(|pair| order([pair[0], pair[1]]));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    let is_text = |text: &String| {
        bytes.len().is_multiple_of(2) && !text.contains(|c: char| c.is_control() && !"\t\n\r\u{c}\u{85}".contains(c))
    };
    match text.ok().filter(is_text) {
        Some(text) => Ok((text, Some("it is UTF-16: other readers expect UTF-8; save it as UTF-8".to_owned()))),
        None => Err("it looks like UTF-16 but is not valid; save SKILL.md as UTF-8".to_owned()),
    }
}

/// Letters that Windows-1250, -1252, -1254, -1257 or ISO 8859-1, -2, -9, -15 have at the same place, each between ASCII. Two in a row would
/// be GBK, Shift-JIS, Cyrillic or Greek as well.
fn western(bytes: &[u8]) -> Option<String> {
    let lone = bytes.windows(2).all(|pair| pair[0].is_ascii() || pair[1].is_ascii());
    let known =
        |byte: u8| byte.is_ascii() || matches!(byte, 0xc4 | 0xc9 | 0xd6 | 0xdc | 0xdf | 0xe4 | 0xe9 | 0xf6 | 0xfc);
    (lone && bytes.iter().all(|byte| known(*byte))).then(|| bytes.iter().map(|byte| char::from(*byte)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_read_where_they_are_certain() {
        let text = "---\nname: vine-spray\ndescription: Pflanzt 葡萄 und prüft.\n---\n\nMehr Text.\n";
        let units = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let (le, be) = (units(u16::to_le_bytes), units(u16::to_be_bytes));
        let marked = |mark: [u8; 2], bytes: &[u8]| [&mark[..], bytes].concat();
        for bytes in [text.as_bytes(), &le, &be, &marked([0xff, 0xfe], &le), &marked([0xfe, 0xff], &be)] {
            assert_eq!(decode(bytes).unwrap().0, text);
        }
        let latin = b"Sch\xe4dlinge an Reben, Ma\xdfnahmen und \xc4hren.";
        assert_eq!(decode(latin).unwrap().0, "Schädlinge an Reben, Maßnahmen und Ähren.");
        // Polish in Windows-1250, Chinese in GBK, French in Windows-1252, Russian in Windows-1251, half a UTF-16, a picture.
        let unclear: [&[u8]; 6] = [
            b"za\xbf\xf3\xb3\xe6 g\xea\x9cl\xb9",
            b"name: \xc6\xcf\xcc\xd1\xd4\xb0",
            b"la f\xeate \xe0 c\xf4t\xe9",
            b"\xef\xf0\xe8\xe2\xe5\xf2",
            &marked([0xff, 0xfe], &le[1..]),
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        ];
        for bytes in unclear {
            let refusal = decode(bytes).unwrap_err();
            assert!(refusal.contains("save SKILL.md as UTF-8"), "{refusal}");
        }
        let mut torn = "Ein Text über Äpfel, Öl, Übung, süße Früchte.".as_bytes().to_vec();
        torn.push(0xc3);
        assert!(decode(&torn).unwrap().1.unwrap().contains("replaced"));
    }
}
