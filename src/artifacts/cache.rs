//! Copies of objects on this machine, by the hash of their bytes and bounded. Whatever is in it can be fetched again, and
//! nothing in it is trusted: bytes that are not those of their name are thrown away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::Digest;

use crate::model_types::Sha256;

/// A folder of copies.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    most_bytes: u64,
}

/// What is known of an object by its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// By which the store distinguishes contents.
    pub etag: String,
    /// Hash of its bytes.
    pub sha256: Sha256,
}

impl Cache {
    /// A folder of copies, which is made; none where it cannot be.
    pub fn open(folder: &Path, most_bytes: u64) -> Option<Cache> {
        fs::create_dir_all(folder.join("objects")).ok()?;
        fs::create_dir_all(folder.join("names")).ok()?;
        // So that copies are not committed by mistake.
        let ignored = folder.join(".gitignore");
        if !ignored.exists() {
            fs::write(ignored, "*\n").ok()?;
        }
        Some(Cache {
            folder: folder.to_path_buf(),
            most_bytes,
        })
    }

    fn name_file(&self, url: &str) -> PathBuf {
        let name = Sha256::of(url);
        self.folder.join("names").join(name.as_str())
    }

    /// The copy's file, with the ending of the object's name, by which programs know what it is.
    fn object_file(&self, url: &str, sha256: &Sha256) -> PathBuf {
        let name = url.rsplit('/').next().unwrap_or_default();
        let ending = name.find('.').map_or("", |at| &name[at..]);
        self.folder
            .join("objects")
            .join(format!("{sha256}{ending}"))
    }

    /// What is known of the object at a URL, if its copy is there.
    pub fn known(&self, url: &str) -> Option<Known> {
        let text = fs::read_to_string(self.name_file(url)).ok()?;
        let (etag, sha256) = text.split_once('\n')?;
        let known = Known {
            etag: etag.to_string(),
            sha256: Sha256::new(sha256.trim()),
        };
        self.object_file(url, &known.sha256)
            .exists()
            .then_some(known)
    }

    /// The copy of an object with these bytes, looked through. One that is damaged goes.
    pub fn find(&self, url: &str, sha256: &Sha256) -> Option<PathBuf> {
        let path = self.object_file(url, sha256);
        let mut digest = sha2::Sha256::new();
        let mut file = fs::File::open(&path).ok()?;
        io::copy(&mut file, &mut HashWriter(&mut digest)).ok()?;
        if Sha256::from(digest) != *sha256 {
            let _ = fs::remove_file(&path);
            return None;
        }
        // What was used last goes last.
        let _ = file.set_modified(crate::clock::Clock::System.now().into());
        Some(path)
    }

    /// A file in which a copy can be made.
    ///
    /// # Errors
    /// The system's.
    pub fn part(&self) -> io::Result<tempfile::NamedTempFile> {
        tempfile::Builder::new()
            .prefix(".part-")
            .tempfile_in(self.folder.join("objects"))
    }

    /// Keeps a copy, and makes room for it. Its name is remembered where the store distinguishes contents.
    ///
    /// # Errors
    /// The system's.
    pub fn keep(
        &self,
        part: tempfile::NamedTempFile,
        url: &str,
        etag: Option<&str>,
        sha256: &Sha256,
    ) -> io::Result<PathBuf> {
        let path = self.object_file(url, sha256);
        part.persist(&path).map_err(|error| error.error)?;
        if let Some(etag) = etag.filter(|etag| !etag.contains('\n')) {
            let name = self.name_file(url);
            let fresh = self.part()?;
            fs::write(fresh.path(), format!("{etag}\n{sha256}\n"))?;
            fresh.persist(name).map_err(|error| error.error)?;
        }
        self.make_room(&path);
        Ok(path)
    }

    /// Removes the copies that were used longest ago until the rest is within the bound.
    fn make_room(&self, newest: &Path) {
        let entries = fs::read_dir(self.folder.join("objects")).into_iter();
        let mut copies: Vec<_> = entries
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let found = entry.metadata().ok()?;
                Some((found.modified().ok()?, found.len(), entry.path()))
            })
            .collect();
        copies.sort();
        let mut total: u64 = copies.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in copies {
            if total <= self.most_bytes {
                break;
            }
            if path != newest && fs::remove_file(&path).is_ok() {
                total -= bytes;
            }
        }
    }
}

/// Hashes what is written to it.
pub struct HashWriter<'a>(pub &'a mut sha2::Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(cache: &Cache, url: &str, bytes: &[u8]) -> Sha256 {
        let part = cache.part().expect("a file");
        fs::write(part.path(), bytes).expect("writes");
        let sha256 = Sha256::of(bytes);
        cache.keep(part, url, Some("e"), &sha256).expect("keeps");
        sha256
    }

    #[test]
    fn copies_are_found_by_name_and_by_hash_and_damaged_ones_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::open(folder.path(), 1000).expect("opens");
        let sha256 = keep(&cache, "s3://b/a", b"one");
        let known = cache.known("s3://b/a").expect("known");
        assert_eq!((known.etag.as_str(), &known.sha256), ("e", &sha256));
        let path = cache.find("s3://b/a", &sha256).expect("there");
        fs::write(&path, "two").expect("writes");
        assert_eq!(cache.find("s3://b/a", &sha256), None);
        assert!(!path.exists());
        assert_eq!(cache.known("s3://b/a"), None);
    }

    #[test]
    fn what_was_used_longest_ago_makes_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::open(folder.path(), 250).expect("opens");
        let hashes: Vec<Sha256> = (0..3_u8)
            .map(|at| {
                let url = format!("s3://b/{at}");
                let sha256 = keep(&cache, &url, &[at; 100]);
                // One tick of the file system's clock apart, whatever that is.
                let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(at));
                let file = fs::File::open(cache.object_file(&url, &sha256)).expect("opens");
                file.set_modified(at).expect("sets");
                sha256
            })
            .collect();
        assert_eq!(
            cache.find("s3://b/0", &hashes[0]),
            None,
            "made room for the third"
        );
        assert!(cache.find("s3://b/1", &hashes[1]).is_some());
        keep(&cache, "s3://b/3", &[9; 100]);
        assert_eq!(
            cache.find("s3://b/2", &hashes[2]),
            None,
            "the second was used since"
        );
        assert!(cache.find("s3://b/1", &hashes[1]).is_some());
    }
}
