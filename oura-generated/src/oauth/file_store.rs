//! A token in a file.
//!
//! Invariant: the file holds a whole token or does not exist, also after a crash; only its
//! owner may read it; and one process at a time has its lock.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::runtime::Handle;
use zeroize::Zeroizing;

use super::store::{LockedStore, StoreError, StoreFuture, TokenStore, TokenStores};
use super::token::Token;

/// The longest token, in bytes.
const FILE_LIMIT: u64 = 256 * 1024;
/// The most symbolic links that are followed.
const LINK_LIMIT: usize = 40;
/// The pause between two attempts to lock: a blocking wait for a file lock cannot be cancelled.
const LOCK_INTERVAL: Duration = Duration::from_millis(20);
/// The characters that are encoded in the name of a file. Capital letters are among them: on a file
/// system that ignores case, two users would share a token.
const NAME: &AsciiSet = &{
    let mut set = NON_ALPHANUMERIC.remove(b'-').remove(b'_');
    let mut letter = b'A';
    while letter <= b'Z' {
        set = set.add(letter);
        letter += 1;
    }
    set
};

/// Keeps a token in a file, as JSON that is not encrypted.
///
/// Only the owner of the file may read it (mode 600 on Unix; elsewhere the directory must
/// be private). It is replaced as a whole: a crash or a full disk leaves the old token. Symbolic
/// links are followed. A file of the same name with the suffix `.lock` is locked during a refresh,
/// so that other processes wait; it is empty and is not deleted. Missing directories are created.
/// The file system must support locks, which some network file systems do not. The lock of a
/// process ends when the process ends, not when it hangs.
#[derive(Clone, Debug)]
pub struct FileStore {
    path: PathBuf,
}

impl FileStore {
    /// A store in the file at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Works with the file on a thread that may block.
    async fn work<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let path = self.path.clone();
        let runtime = Handle::try_current().map_err(|_| {
            let error = io::Error::other("it needs a tokio runtime; call it inside of one");
            self.failure(what, error)
        })?;
        let done = runtime
            .spawn_blocking(move || work(&follow_links(path)))
            .await;
        let done = done.unwrap_or_else(|error| Err(io::Error::other(error)));
        done.map_err(|error| self.failure(what, error))
    }

    fn failure(&self, what: &str, error: io::Error) -> StoreError {
        StoreError::new(
            format!("the token file {} cannot be {what}", self.path.display()),
            error,
        )
    }
}

impl TokenStore for FileStore {
    fn load(&self) -> StoreFuture<'_, Option<Token>> {
        Box::pin(async {
            let Some(content) = self.work("read", read).await? else {
                return Ok(None);
            };
            let token = std::str::from_utf8(&content)
                .ok()
                .and_then(Token::from_json);
            token.map(Some).ok_or_else(|| {
                StoreError::corrupt(format!(
                    "the token file {} does not hold a token: authorize again, which replaces it",
                    self.path.display()
                ))
            })
        })
    }

    fn lock(&self, _: Duration) -> StoreFuture<'_, Box<dyn LockedStore>> {
        Box::pin(async {
            loop {
                if let Some(lock) = self.work("locked", try_lock).await? {
                    let store = self.clone();
                    let lock = Arc::new(lock);
                    return Ok(Box::new(LockedFile { store, lock }) as _);
                }
                tokio::time::sleep(LOCK_INTERVAL).await;
            }
        })
    }
}

/// A [`FileStore`] whose lock is held.
struct LockedFile {
    store: FileStore,
    /// The lock ends when the last clone is dropped. Each write has a clone, since it continues
    /// when its caller stops waiting, and the lock must cover it.
    lock: Arc<File>,
}

impl LockedFile {
    async fn write(
        &self,
        what: &'static str,
        write: impl FnOnce(&Path) -> io::Result<()> + Send + 'static,
    ) -> Result<(), StoreError> {
        let lock = Arc::clone(&self.lock);
        let work = move |path: &Path| {
            let written = write(path);
            drop(lock);
            written
        };
        self.store.work(what, work).await
    }
}

impl LockedStore for LockedFile {
    fn load(&mut self) -> StoreFuture<'_, Option<Token>> {
        self.store.load()
    }

    fn save<'a>(&'a mut self, token: &'a Token) -> StoreFuture<'a, ()> {
        Box::pin(async {
            let json = token.to_json();
            self.write("written", move |path| replace(path, json.as_bytes()))
                .await
        })
    }

    fn remove(&mut self) -> StoreFuture<'_, ()> {
        Box::pin(self.write("removed", |path| match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => sync_directory(path),
        }))
    }

    fn release(self: Box<Self>) -> StoreFuture<'static, ()> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Keeps the token of each user in a file of a directory, as a [`FileStore`] does.
///
/// The file is named after the user, with the suffix `.json`. All characters but lowercase letters,
/// digits, `-` and `_` are percent-encoded: the user `../../X` has the file
/// `%2E%2E%2F%2E%2E%2F%58.json`.
#[derive(Clone, Debug)]
pub struct FileStores {
    directory: PathBuf,
}

impl FileStores {
    /// Stores in the files of a directory, which is created if it is missing.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }
}

impl TokenStores for FileStores {
    fn store(&self, user: &str) -> Arc<dyn TokenStore> {
        let name = format!("{}.json", utf8_percent_encode(user, NAME));
        Arc::new(FileStore::new(self.directory.join(name)))
    }
}

/// The file that a path leads to, whether it exists or not. If a write replaced the link itself,
/// the file behind it would keep a refresh token that is used up.
fn follow_links(mut path: PathBuf) -> PathBuf {
    for _ in 0..LINK_LIMIT {
        let Ok(target) = fs::read_link(&path) else {
            break;
        };
        path = directory(&path).join(target);
    }
    path
}

fn read(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    // Room for a whole token: a reallocation would leave a copy of it in memory.
    let mut content = Zeroizing::new(Vec::with_capacity(8 * 1024));
    file.take(FILE_LIMIT).read_to_end(&mut content)?;
    Ok(Some(content))
}

/// The lock, unless another process or task has it.
fn try_lock(path: &Path) -> io::Result<Option<File>> {
    make_directory(path)?;
    let lock = beside(path, ".lock");
    let file =
        owner_only(OpenOptions::new().write(true).create(true).truncate(false)).open(&lock)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // If somebody removed the lock file in between, other processes lock a new file.
    if !is_at(&file, &lock)? {
        return Ok(None);
    }
    remove_remains(path);
    Ok(Some(file))
}

/// Whether the path still leads to this open file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;

    let held = file.metadata()?;
    let is_same = |found: fs::Metadata| (found.dev(), found.ino()) == (held.dev(), held.ino());
    Ok(fs::metadata(path).is_ok_and(is_same))
}

/// On other systems an open file cannot be removed.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

/// Writes a temporary file beside the old one, and renames it to the old one when all of it is
/// on the disk.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    make_directory(path)?;
    let (temporary, mut file) = create_temporary(path)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    drop(file);
    let replaced = written.and_then(|()| fs::rename(&temporary, path));
    if replaced.is_err() {
        // The error that counts is the first one.
        let _ = fs::remove_file(&temporary);
    }
    replaced?;
    sync_directory(path)
}

fn create_temporary(path: &Path) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);

    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let temporary = beside(path, &format!(".{}-{count}.tmp", std::process::id()));
        match owner_only(OpenOptions::new().write(true).create_new(true)).open(&temporary) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            file => return Ok((temporary, file?)),
        }
    }
}

/// Removes the temporary files of crashed processes. Only the holder of the lock writes.
fn remove_remains(path: &Path) {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return;
    };
    let is_remains = |other: &str| {
        let middle = other
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('.'))
            .and_then(|rest| rest.strip_suffix(".tmp"));
        middle.is_some_and(|middle| {
            middle.contains('-') && middle.bytes().all(|b| b.is_ascii_digit() || b == b'-')
        })
    };
    for entry in fs::read_dir(directory(path))
        .into_iter()
        .flatten()
        .flatten()
    {
        if entry.file_name().to_str().is_some_and(is_remains) {
            // A file that cannot be removed does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn make_directory(path: &Path) -> io::Result<()> {
    let directory = directory(path);
    if directory.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes a rename or a removal durable. On other systems a directory cannot be opened, or need not
/// be synced.
fn sync_directory(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(directory(path))?.sync_all()?;
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_that_was_removed_is_not_at_its_path() {
        let path = std::env::temp_dir().join(format!("oura-is-at-{}", std::process::id()));
        let file = File::create(&path).expect("there is room");
        assert!(is_at(&file, &path).expect("it is open"));
        fs::remove_file(&path).expect("it is there");
        assert!(!is_at(&file, &path).expect("it is open"));
        // The first one is still open: the second one is another file.
        File::create(&path).expect("there is room");
        assert!(!is_at(&file, &path).expect("it is open"));
        fs::remove_file(&path).expect("it is there");
    }
}
