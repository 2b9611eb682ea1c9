//! Step B3: what the hosts file says about a name. Reads one file.

use std::{
    fs::File,
    io::{self, BufReader, Read as _},
    net::IpAddr,
    path::{Path, PathBuf},
};

/// Lists of blocked names reach some megabytes; nobody's file is larger.
const MOST_BYTES: u64 = 32 << 20;
/// Addresses of one name that are kept.
const MOST: usize = 16;

/// Where this system has it.
pub(super) fn place() -> PathBuf {
    if cfg!(windows) {
        // The folder may be elsewhere on a system that was installed elsewhere; then the file is not found, which is said.
        PathBuf::from(r"C:\Windows\System32\drivers\etc\hosts")
    } else {
        PathBuf::from("/etc/hosts")
    }
}

/// Addresses the file gives `name`, in its order.
///
/// # Errors
///
/// Why it cannot be read. A file that is not there says nothing, and that is no error.
pub(super) fn read(path: &Path, name: &str) -> io::Result<Vec<IpAddr>> {
    match File::open(path) {
        Ok(file) => addresses(BufReader::new(file.take(MOST_BYTES)), name),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Line by line, as bytes: comments may be in any encoding.
fn addresses(mut file: impl io::BufRead, name: &str) -> io::Result<Vec<IpAddr>> {
    let name = name.trim_end_matches('.');
    let (mut found, mut line) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        if file.read_until(b'\n', &mut line)? == 0 {
            return Ok(found);
        }
        if let Some(address) = line_for(&line, name)
            && found.len() < MOST
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
}

/// The address of a line that names `name`.
fn line_for(line: &[u8], name: &str) -> Option<IpAddr> {
    let line = line.split(|byte| *byte == b'#').next()?;
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let address = std::str::from_utf8(words.next()?).ok()?;
    let is_name = |word: &[u8]| {
        let word = word.strip_suffix(b".").unwrap_or(word);
        !name.is_empty() && word.eq_ignore_ascii_case(name.as_bytes())
    };
    // A zone ("fe80::1%lo0") says on which link.
    words.any(is_name).then(|| address.split('%').next()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &[u8] = b"127.0.0.1 localhost\n\n# 10.0.0.9 rt.example\n10.0.0.1\tother.example RT.Example. # caf\xe9\n\
        2001:db8::1 rt.example\r\n10.0.0.1 rt.example\nfe80::7%eth0 link.example\n10.0.0.3 a.rt.example\nnot-an-address rt.example\n\
        10.0.0.4 last.example";

    fn of(name: &str) -> Vec<String> {
        addresses(FILE, name).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_name_has_the_addresses_of_every_line_that_names_it() {
        assert_eq!(of("rt.example"), ["10.0.0.1", "2001:db8::1"]);
        assert_eq!(of("Rt.Example."), ["10.0.0.1", "2001:db8::1"]);
        assert_eq!(of("last.example"), ["10.0.0.4"]);
        assert_eq!(of("link.example"), ["fe80::7"]);
        assert!(of("example").is_empty() && of("").is_empty() && of("10.0.0.1").is_empty());
    }

    #[test]
    fn a_file_that_is_not_there_says_nothing_and_one_that_cannot_be_read_says_so() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(&folder.path().join("hosts"), "a").unwrap(), Vec::<IpAddr>::new());
        assert!(read(folder.path(), "a").is_err(), "a folder is no file");
    }

    proptest! {
        #[test]
        fn a_file_cut_anywhere_gives_no_address_the_whole_has_not(at in 0..FILE.len()) {
            let whole = addresses(FILE, "rt.example").unwrap();
            let cut = addresses(&FILE[..at], "rt.example").unwrap();
            prop_assert!(whole.starts_with(&cut));
        }

        #[test]
        fn any_bytes_are_read_without_a_crash(bytes in prop::collection::vec(any::<u8>(), 0..300), name in "[a-z.]{0,8}") {
            prop_assert!(addresses(&bytes[..], &name).unwrap().len() <= MOST);
        }
    }
}
