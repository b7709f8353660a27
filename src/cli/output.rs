//! Lines for people and programs. A reader that goes away, as in `skillrouter lint skills | head`, ends the program quietly, where
//! `println!` would panic.

use std::{
    fmt,
    io::{self, ErrorKind, Write},
    process,
};

/// A line on standard output.
pub fn say(line: fmt::Arguments) {
    match writeln!(io::stdout(), "{line}") {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => process::exit(0),
        Err(error) => {
            note(format_args!("error: cannot write to standard output: {error}"));
            process::exit(2);
        }
    }
}

/// A line on standard error, for as long as somebody reads it.
pub fn note(line: fmt::Arguments) {
    let _ = writeln!(io::stderr(), "{line}");
}
