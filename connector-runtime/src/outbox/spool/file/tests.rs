use std::env;

use crate::mqtt::codec::QoS;
use bytes::Bytes;

use super::*;

/// A folder that is removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(env::temp_dir().join(format!("spool-{:x}", fastrand::u64(..))))
    }

    fn file(&self) -> File {
        File::of(&self.0, "roof")
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The payload depends on the number, so that a mix-up is detected.
fn message(seq: u64) -> Publish {
    let text = format!("{seq} ").repeat(30 + usize::try_from(seq % 50).unwrap());
    let (topic, payload, qos) = ("demo/a".into(), Bytes::from(text), QoS::AtLeastOnce);
    Publish { topic, payload, qos, retain: true, kind: MessageKind::Value, seq }
}

fn put(open: &mut Open, seqs: impl Iterator<Item = u64>) -> Result<()> {
    open.commit(&seqs.map(|seq| (seq, message(seq))).collect(), &[])
}

fn seqs(open: &mut Open) -> Vec<u64> {
    let (messages, is_all) = open.read(MessageKind::Value, 0, usize::MAX).unwrap();
    assert!(is_all && messages.iter().all(|read| *read == message(read.seq)));
    messages.iter().map(|read| read.seq).collect()
}

#[test]
fn messages_stay_until_they_are_removed() {
    let folder = Folder::new();
    let mut open = folder.file().open().unwrap();
    put(&mut open, 1..=9).unwrap();
    open.commit(&BTreeMap::from([(10, message(10))]), &[1, 2, 7, 99]).unwrap();
    drop(open);
    let mut open = folder.file().open().unwrap();
    assert_eq!(seqs(&mut open), [3, 4, 5, 6, 8, 9, 10]);
    let index = open.index().unwrap();
    assert_eq!(index.iter().map(|stub| stub.seq).collect::<Vec<_>>(), seqs(&mut open));
    assert_eq!(index[0], Stub::of(&message(3)));
    let (some, is_all) = open.read(MessageKind::Value, 5, message(5).cost() + 1).unwrap();
    assert_eq!((some, is_all), (vec![message(5), message(6)], false));
    assert_eq!(open.read(MessageKind::Value, 11, 1).unwrap(), (Vec::new(), true));
    assert_eq!(open.read(MessageKind::Raw, 0, 1).unwrap(), (Vec::new(), true));
}

#[test]
fn a_spool_that_was_emptied_gives_its_space_back() {
    let folder = Folder::new();
    let mut open = folder.file().open().unwrap();
    let large = |seq| (seq, Publish { payload: vec![0; 1 << 20].into(), ..message(seq) });
    open.commit(&(1..=20).map(large).collect(), &[]).unwrap();
    let size = || fs::metadata(folder.file().path).unwrap().len();
    assert!(size() > ROOMY);
    open.commit(&BTreeMap::new(), &(1..=20).collect::<Vec<_>>()).unwrap();
    assert!(size() < ROOMY, "{}", size());
    put(&mut open, 21..=22).unwrap();
    assert_eq!(seqs(&mut open), [21, 22]);
}

#[test]
fn a_second_connector_of_the_same_name_cannot_open_the_file() {
    let folder = Folder::new();
    let first = folder.file().open().unwrap();
    let Err(error) = folder.file().open() else { panic!("two share a file") };
    assert!(format!("{error:#}").contains("another process uses"), "{error:#}");
    assert!(File::of(&folder.0, "roof.2").open().is_ok(), "another name is another file");
    drop(first);
    assert!(folder.file().open().is_ok());
    assert_eq!(folder.names().len(), 2);
}

#[test]
fn a_deleted_folder_is_detected_and_recreated() {
    let folder = Folder::new();
    let mut open = folder.file().open().unwrap();
    put(&mut open, 1..=2).unwrap();
    fs::remove_dir_all(&folder.0).unwrap();
    assert!(put(&mut open, 3..=3).is_err());
    drop(open);
    let mut open = folder.file().open().unwrap();
    put(&mut open, 3..=3).unwrap();
    assert_eq!(seqs(&mut open), [3]);
}

#[test]
fn a_replaced_file_is_detected() {
    let folder = Folder::new();
    let mut open = folder.file().open().unwrap();
    put(&mut open, 1..=2).unwrap();
    let before = open.id();
    assert!(before.is_some());
    let (path, copy) = (folder.file().path, folder.0.join("copy"));
    fs::copy(&path, &copy).unwrap();
    fs::rename(&copy, &path).unwrap();
    let error = put(&mut open, 3..=3).unwrap_err();
    assert!(format!("{error:#}").contains("was replaced"), "{error:#}");
    assert_eq!(open.id(), None);
    drop(open);
    let mut open = folder.file().open().unwrap();
    assert_ne!(open.id(), before);
    put(&mut open, 3..=3).unwrap();
    assert_eq!(seqs(&mut open), [1, 2, 3]);
}

#[test]
fn an_unusable_path_is_reported() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("file");
    fs::write(&file, "").unwrap();
    let Err(error) = File::of(&file, "roof").open() else { panic!("a file is not a folder") };
    assert!(format!("{error:#}").contains("cannot create"), "{error:#}");
    fs::create_dir_all(folder.file().path).unwrap();
    let Err(error) = folder.file().open() else { panic!("a folder is not a file") };
    assert!(format!("{error:#}").contains("cannot open"), "{error:#}");
}

#[test]
fn invalid_records_are_skipped() {
    let folder = Folder::new();
    let mut open = folder.file().open().unwrap();
    put(&mut open, 1..=3).unwrap();
    let transaction = open.database.begin_write().unwrap();
    transaction.open_table(MESSAGES).unwrap().insert(2, &b"no message"[..]).unwrap();
    transaction.commit().unwrap();
    assert_eq!(seqs(&mut open), [1, 3]);
    assert_eq!(open.index().unwrap().len(), 2);
}

/// The kinds of damage at one place of a file.
const DAMAGES: [fn(&mut Vec<u8>, usize); 4] = [
    |bytes, place| bytes.truncate(place),
    |bytes, place| bytes[place] ^= 1 << fastrand::u8(..8),
    |bytes, place| sector(bytes, place).fill(0),
    |bytes, place| sector(bytes, place).fill_with(|| fastrand::u8(..)),
];

fn sector(bytes: &mut [u8], place: usize) -> &mut [u8] {
    let start = place / 512 * 512;
    let end = bytes.len().min(start + 512);
    &mut bytes[start..end]
}

/// Damages a file as a crash leaves it, or one that was closed properly.
fn survives_damage(is_closed: bool) {
    let folder = Folder::new();
    let mut open = folder.file().open().unwrap();
    for group in 0..20 {
        put(&mut open, group * 10 + 1..=group * 10 + 10).unwrap();
    }
    let removed: Vec<_> = (1..=50).collect();
    open.commit(&BTreeMap::new(), &removed).unwrap();
    let path = folder.file().path;
    let mut whole = fs::read(&path).unwrap();
    drop(open);
    if is_closed {
        whole = fs::read(&path).unwrap();
    }
    let (mut intact, mut aside) = (0, 0);
    for number in 0..200 {
        let _ = fs::remove_dir_all(&folder.0);
        fs::create_dir_all(&folder.0).unwrap();
        let mut bytes = whole.clone();
        DAMAGES[number % DAMAGES.len()](&mut bytes, fastrand::usize(..whole.len()));
        fs::write(&path, bytes).unwrap();
        let mut open = folder.file().open().unwrap();
        // All records are unchanged and in order.
        let found = seqs(&mut open);
        assert!(found.is_sorted() && found.iter().all(|seq| (1..=200).contains(seq)));
        match folder.names().len() {
            1 => intact += usize::from(found == (51..=200).collect::<Vec<_>>()),
            names => aside += names - 1,
        }
        put(&mut open, 1000..=1000).unwrap();
        assert_eq!(seqs(&mut open).last(), Some(&1000));
    }
    assert!(intact > 20 && aside > 20, "{intact} intact, {aside} moved aside");
}

#[test]
fn a_file_damaged_after_a_crash_returns_only_written_records() {
    survives_damage(false);
}

#[test]
fn a_file_damaged_while_closed_returns_only_written_records() {
    survives_damage(true);
}
