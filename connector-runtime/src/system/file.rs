//! Files: only regular ones, of a limited size, and private where the connector writes them.
//!
//! Opening a named pipe waits for its writer, reading a device may never end, and a symbolic link that another
//! user has planted leads a writer to a file of their choice. A file that is only read may be a symbolic link,
//! because container platforms mount secrets as links.

use std::{
    ffi::OsString,
    fs::{self, File, FileType, OpenOptions},
    io::{self, Read, Write},
    path::Path,
};

/// Reads a regular file of at most `limit` bytes. The path may be a symbolic link.
pub(crate) fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    // Opening a device may already have an effect.
    check_regular(path)?;
    content(&open(OpenOptions::new().read(true), path, 0)?, limit)
}

/// Fails if a path is not a regular file, or a symbolic link to one.
pub(crate) fn check_regular(path: &Path) -> io::Result<()> {
    require_regular(fs::metadata(path)?.file_type())
}

/// Reads a file that the connector has written, of at most `limit` bytes.
pub(crate) fn read_own(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    require_regular(fs::symlink_metadata(path)?.file_type())?;
    content(&open(OpenOptions::new().read(true), path, NOT_A_LINK)?, limit)
}

/// Opens a file for reading and writing that only this user can access. Creates it if it does not exist.
#[cfg(any(test, feature = "spool"))]
pub(crate) fn open_own(path: &Path) -> io::Result<File> {
    match fs::symlink_metadata(path) {
        Ok(existing) => require_regular(existing.file_type())?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut options = OpenOptions::new();
    let file = open(options.read(true).write(true).create(true), path, NOT_A_LINK)?;
    make_private(&file)?;
    Ok(file)
}

/// Returns the device and the number of a file, which stay the same if it is renamed. Other systems than Unix have
/// neither: there, all files are alike.
#[cfg(any(test, feature = "spool"))]
pub(crate) fn id(metadata: &fs::Metadata) -> (u64, u64) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (metadata.dev(), metadata.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        (0, 0)
    }
}

/// Replaces a file that only this user can access. After a crash or a power failure, the file has the new
/// content or the previous one.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = OsString::from(path.file_name().unwrap_or_default());
    name.push(".new");
    let new = path.with_file_name(name);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = open(OpenOptions::new().write(true).create_new(true), &new, NOT_A_LINK)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn content(file: &File, limit: usize) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(limit as u64 + 1).read_to_end(&mut content)?;
    if content.len() > limit {
        return Err(io::Error::other(format!("the file is larger than {limit} bytes")));
    }
    Ok(content)
}

/// Opens a regular file without waiting; `flags` are further flags of the system.
fn open(options: &mut OpenOptions, path: &Path, flags: i32) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(PRIVATE).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | flags);
    }
    let file = options.open(path)?;
    require_regular(file.metadata()?.file_type())?;
    Ok(file)
}

#[cfg(unix)]
const NOT_A_LINK: i32 = libc::O_NOFOLLOW;
#[cfg(not(unix))]
const NOT_A_LINK: i32 = 0;

/// The permissions of a file that only its owner can access.
#[cfg(unix)]
const PRIVATE: u32 = 0o600;

/// Removes the access of others to a file of an earlier version.
#[cfg(any(test, feature = "spool"))]
fn make_private(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if file.metadata()?.permissions().mode() & 0o777 != PRIVATE {
            let made = file.set_permissions(fs::Permissions::from_mode(PRIVATE));
            made.map_err(|error| {
                let problem = "its mode cannot be changed to 0600: change its owner, or remove it";
                io::Error::new(error.kind(), format!("{problem}: {error}"))
            })?;
        }
    }
    Ok(())
}

fn require_regular(file: FileType) -> io::Result<()> {
    if file.is_file() {
        return Ok(());
    }
    let kind = kind(file);
    Err(io::Error::other(format!("it is {kind}, not a regular file")))
}

fn kind(file: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if file.is_fifo() {
            return "a named pipe";
        } else if file.is_socket() {
            return "a socket";
        } else if file.is_char_device() || file.is_block_device() {
            return "a device";
        }
    }
    if file.is_dir() {
        "a directory"
    } else if file.is_symlink() {
        "a symbolic link"
    } else {
        "of another type"
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        os::unix::{fs::PermissionsExt, fs::symlink, net::UnixListener},
        path::PathBuf,
        process::Command,
    };

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let path = std::env::temp_dir().join(format!("files-{:x}", fastrand::u64(..)));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn file(&self, name: &str, mode: u32) -> PathBuf {
            let path = self.0.join(name);
            fs::write(&path, "text").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        }

        fn link(&self, name: &str, target: &Path) -> PathBuf {
            symlink(target, self.0.join(name)).unwrap();
            self.0.join(name)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn only_regular_files_are_opened() {
        let folder = Folder::new();
        let (pipe, socket) = (folder.0.join("pipe"), folder.0.join("socket"));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let _socket = UnixListener::bind(&socket).unwrap();
        let to_pipe = folder.link("to_pipe", &pipe);
        for (path, kind) in [
            (&*pipe, "a named pipe"),
            (&to_pipe, "a named pipe"),
            (&socket, "a socket"),
            (&folder.0, "a directory"),
            ("/dev/zero".as_ref(), "a device"),
        ] {
            let error = read(path, 10).unwrap_err().to_string();
            assert_eq!(error, format!("it is {kind}, not a regular file"));
            let (read, opened) = (read_own(path, 10), open_own(path));
            assert!(read.is_err() && opened.is_err(), "{}", path.display());
        }
        let to_itself = folder.link("to_itself", "to_itself".as_ref());
        assert!(read(&to_itself, 10).is_err());
    }

    #[test]
    fn links_are_followed_only_where_nothing_is_written() {
        let folder = Folder::new();
        let secret = folder.file("secret", 0o644);
        let link = folder.link("link", &secret);
        assert_eq!(read(&link, 10).unwrap(), b"text");
        let refused = "it is a symbolic link, not a regular file";
        assert_eq!(read_own(&link, 10).unwrap_err().to_string(), refused);
        assert_eq!(open_own(&link).unwrap_err().to_string(), refused);
        // Two planted links: one in place of the file, and one of its temporary name.
        folder.link("link.new", &secret);
        replace(&link, b"new").unwrap();
        assert_eq!((read_own(&link, 10).unwrap(), mode(&link)), (b"new".to_vec(), 0o600));
        assert_eq!((fs::read(&secret).unwrap(), mode(&secret)), (b"text".to_vec(), 0o644));
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 2);
    }

    #[test]
    fn a_dangling_link_creates_no_file() {
        let folder = Folder::new();
        let target = folder.0.join("target");
        let link = folder.link("link", &target);
        assert!(open_own(&link).is_err());
        assert!(!target.exists());
    }

    #[test]
    fn files_are_private_even_if_they_were_not() {
        let folder = Folder::new();
        for (path, content) in
            [(folder.0.join("new"), &b""[..]), (folder.file("old", 0o666), b"text")]
        {
            open_own(&path).unwrap();
            assert_eq!((mode(&path), &*fs::read(&path).unwrap()), (0o600, content));
        }
    }

    #[test]
    fn the_size_is_limited() {
        let folder = Folder::new();
        let path = folder.file("file", 0o600);
        assert_eq!(read(&path, 4).unwrap(), b"text");
        let error = read(&path, 3).unwrap_err().to_string();
        assert_eq!(error, "the file is larger than 3 bytes");
    }
}
