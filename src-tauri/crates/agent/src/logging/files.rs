//! The log files of one folder: a new one each day and whenever one is full, the oldest removed.
//!
//! Only bytes and names; what a line is made of is decided elsewhere. Everything is bounded: the size of a file
//! and the number of files.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use jiff::civil::Date;

use crate::paths;

/// Bounds of the folder: 7 × 16 MiB.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Most bytes in a file; the line that would exceed it starts the next one.
    pub(super) bytes: u64,
    /// Most files kept, the current one among them. One a day unless days are noisy.
    pub(super) files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 16 * 1024 * 1024, files: 7 }
    }
}

/// Today; passed in, so that tests turn the page.
pub(super) type Today = Box<dyn Fn() -> Date + Send>;

/// The day's file, open for appending.
pub(super) struct LogFiles {
    folder: PathBuf,
    limits: Limits,
    today: Today,
    current: Option<Current>,
    failed_lines: Arc<AtomicUsize>,
}

struct Current {
    name: Name,
    file: File,
    size: u64,
}

/// `linekeeper.2026-11-20.jsonl`, then `linekeeper.2026-11-20.1.jsonl`, and so on; in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    date: Date,
    part: u32,
}

impl Name {
    fn of(file_name: &str) -> Option<Self> {
        let middle = file_name.strip_prefix("linekeeper.")?.strip_suffix(".jsonl")?;
        let (date, part) = match middle.split_once('.') {
            Some((date, part)) => (date, part.parse().ok()?),
            None => (middle, 0),
        };
        let name = Self { date: date.parse().ok()?, part };
        (name.file_name() == file_name).then_some(name)
    }

    fn file_name(self) -> String {
        match self.part {
            0 => format!("linekeeper.{}.jsonl", self.date),
            part => format!("linekeeper.{}.{part}.jsonl", self.date),
        }
    }
}

impl Current {
    fn open(folder: &Path, name: Name) -> io::Result<Self> {
        let mut file = open_private(&folder.join(name.file_name()))?;
        let mut size = file.metadata()?.len();
        if size > 0 {
            // A crash or a full disk may have torn the last line; the next one must not be glued to it.
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
                size += 1;
            }
        }
        Ok(Self { name, file, size })
    }
}

impl LogFiles {
    /// Makes the folder, opens the day's newest file and removes what is too old.
    pub(super) fn open(folder: &Path, limits: Limits, today: Today) -> io::Result<Self> {
        paths::private_folder(folder)?;
        let mut files =
            Self { folder: folder.to_owned(), limits, today, current: None, failed_lines: Arc::default() };
        files.turn((files.today)())?;
        Ok(files)
    }

    /// Lines that could not be written, counted as they fail.
    pub(super) fn failed_lines(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.failed_lines)
    }

    /// Turns to a day: its newest part, or a new one when that is full.
    fn turn(&mut self, date: Date) -> io::Result<()> {
        self.current = None;
        let of_day = self.existing()?.into_iter().filter(|name| name.date == date);
        let part = of_day.map(|name| name.part).max().unwrap_or(0);
        let newest = Current::open(&self.folder, Name { date, part })?;
        let full = newest.size >= self.limits.bytes;
        self.current = Some(newest);
        if full { self.next_part() } else { self.remove_oldest() }
    }

    fn next_part(&mut self) -> io::Result<()> {
        if let Some(Current { name, .. }) = self.current.take() {
            let part = name.part.saturating_add(1);
            self.current = Some(Current::open(&self.folder, Name { part, ..name })?);
        }
        self.remove_oldest()
    }

    fn existing(&self) -> io::Result<Vec<Name>> {
        let names =
            fs::read_dir(&self.folder)?.filter_map(|entry| Name::of(entry.ok()?.file_name().to_str()?));
        Ok(names.collect())
    }

    fn remove_oldest(&self) -> io::Result<()> {
        // The current one stays however old its name is: the clock may have been set back.
        let current = self.current.as_ref().map(|current| current.name);
        let mut others = self.existing()?;
        others.retain(|name| Some(*name) != current);
        others.sort_unstable_by(|a, b| b.cmp(a));
        for name in others.into_iter().skip(self.limits.files.saturating_sub(1)) {
            // A file that cannot be removed is tried again at the next turn; logging is worth more.
            let _ = fs::remove_file(self.folder.join(name.file_name()));
        }
        Ok(())
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let today = (self.today)();
        match &self.current {
            Some(current) if current.name.date != today => self.turn(today)?,
            Some(current) if current.size > 0 && current.size.saturating_add(length) > self.limits.bytes => {
                self.next_part()?;
            }
            Some(_) => {}
            // The last write or turn failed; perhaps there is room again.
            None => self.turn(today)?,
        }
        let current = self.current.as_mut().ok_or(io::ErrorKind::NotFound)?;
        let written = current.file.write_all(line);
        match written {
            Ok(()) => current.size = current.size.saturating_add(length),
            Err(_) => self.current = None,
        }
        written
    }
}

impl Write for LogFiles {
    /// One call is one line; a line is never split over two files.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let written = self.append(line);
        if written.is_err() {
            self.failed_lines.fetch_add(1, Ordering::Relaxed);
        }
        written.map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    struct Folder {
        root: tempfile::TempDir,
        today: Arc<Mutex<Date>>,
    }

    impl Folder {
        fn new() -> Self {
            let today = Arc::new(Mutex::new(jiff::civil::date(2026, 11, 20)));
            Self { root: tempfile::tempdir().unwrap(), today }
        }

        fn open(&self, bytes: u64) -> LogFiles {
            let today = Arc::clone(&self.today);
            let limits = Limits { bytes, files: 3 };
            LogFiles::open(self.root.path(), limits, Box::new(move || *today.lock().unwrap())).unwrap()
        }

        fn next_day(&self) {
            let mut today = self.today.lock().unwrap();
            *today = today.tomorrow().unwrap();
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(self.root.path()).unwrap();
            let mut names: Vec<_> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }

        fn text(&self, name: &str) -> String {
            fs::read_to_string(self.root.path().join(name)).unwrap()
        }
    }

    #[test]
    fn each_day_has_its_file_and_only_the_newest_are_kept() {
        let folder = Folder::new();
        let mut files = folder.open(1000);
        for _ in 0..5 {
            files.write_all(b"line\n").unwrap();
            folder.next_day();
        }
        assert_eq!(
            folder.names(),
            ["linekeeper.2026-11-22.jsonl", "linekeeper.2026-11-23.jsonl", "linekeeper.2026-11-24.jsonl"]
        );
        assert_eq!(folder.text("linekeeper.2026-11-24.jsonl"), "line\n");
    }

    #[test]
    fn a_clock_set_back_costs_no_line() {
        let folder = Folder::new();
        let mut files = folder.open(1000);
        for _ in 0..3 {
            files.write_all(b"line\n").unwrap();
            folder.next_day();
        }
        *folder.today.lock().unwrap() = jiff::civil::date(1970, 1, 1);
        files.write_all(b"one\n").unwrap();
        files.write_all(b"two\n").unwrap();
        assert_eq!(folder.text("linekeeper.1970-01-01.jsonl"), "one\ntwo\n");
        assert_eq!(folder.names().len(), 3);
    }

    #[test]
    fn a_noisy_day_fills_parts_of_bounded_size_and_keeps_the_newest_lines() {
        let folder = Folder::new();
        let mut files = folder.open(20);
        for count in 0..10_000 {
            files.write_all(format!("{count:08}\n").as_bytes()).unwrap();
        }
        let names = folder.names();
        assert_eq!(names.len(), 3);
        for name in &names {
            assert!(folder.text(name).len() <= 20, "{name}");
        }
        assert!(names.iter().any(|name| folder.text(name).ends_with("00009999\n")));
    }

    #[test]
    fn a_restart_appends_to_the_days_newest_part() {
        let folder = Folder::new();
        for count in 0..4 {
            folder.open(15).write_all(format!("line {count}\n").as_bytes()).unwrap();
        }
        assert_eq!(folder.text("linekeeper.2026-11-20.jsonl"), "line 0\nline 1\n");
        assert_eq!(folder.text("linekeeper.2026-11-20.1.jsonl"), "line 2\nline 3\n");
    }

    #[test]
    fn a_torn_last_line_does_not_spoil_the_next_one() {
        let folder = Folder::new();
        let name = "linekeeper.2026-11-20.jsonl";
        fs::write(folder.root.path().join(name), "{\"torn\":").unwrap();
        folder.open(1000).write_all(b"whole\n").unwrap();
        folder.open(1000).write_all(b"next\n").unwrap();
        assert_eq!(folder.text(name), "{\"torn\":\nwhole\nnext\n");
    }

    #[test]
    fn a_line_longer_than_a_file_is_written_whole() {
        let folder = Folder::new();
        let mut files = folder.open(4);
        files.write_all(b"long line\n").unwrap();
        files.write_all(b"next\n").unwrap();
        assert_eq!(folder.text("linekeeper.2026-11-20.jsonl"), "long line\n");
        assert_eq!(folder.text("linekeeper.2026-11-20.1.jsonl"), "next\n");
    }

    #[test]
    fn other_files_in_the_folder_are_left_alone() {
        let folder = Folder::new();
        for name in [
            "linekeeper.jsonl",
            "linekeeper.2020-01-01.x.jsonl",
            "linekeeper.2020-01-01.00.jsonl",
            "notes.txt",
        ] {
            fs::write(folder.root.path().join(name), "").unwrap();
        }
        let mut files = folder.open(1000);
        for _ in 0..5 {
            files.write_all(b"line\n").unwrap();
            folder.next_day();
        }
        assert_eq!(folder.names().len(), 4 + 3);
    }

    #[test]
    fn writing_recovers_when_the_folder_comes_back() {
        let folder = Folder::new();
        let mut files = folder.open(1000);
        fs::remove_dir_all(folder.root.path()).unwrap();
        folder.next_day();
        assert!(files.write_all(b"lost\n").is_err());
        assert_eq!(files.failed_lines().load(Ordering::Relaxed), 1);
        fs::create_dir(folder.root.path()).unwrap();
        files.write_all(b"kept\n").unwrap();
        assert_eq!(folder.text("linekeeper.2026-11-21.jsonl"), "kept\n");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_loses_lines_counts_them_and_is_left_behind_when_there_is_room() {
        let folder = Folder::new();
        let name = folder.root.path().join("linekeeper.2026-11-20.jsonl");
        std::os::unix::fs::symlink("/dev/full", &name).unwrap();
        let mut files = folder.open(1000);
        for _ in 0..3 {
            assert!(files.write_all(b"lost\n").is_err());
        }
        assert_eq!(files.failed_lines().load(Ordering::Relaxed), 3);
        fs::remove_file(&name).unwrap();
        files.write_all(b"kept\n").unwrap();
        assert_eq!(folder.text("linekeeper.2026-11-20.jsonl"), "kept\n");
    }

    #[cfg(unix)]
    #[test]
    fn files_are_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new();
        folder.open(1000).write_all(b"line\n").unwrap();
        let file = folder.root.path().join("linekeeper.2026-11-20.jsonl");
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
