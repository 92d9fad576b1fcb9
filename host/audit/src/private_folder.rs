//! A folder that belongs to one account only.

use std::io;
use std::path::Path;

/// Creates a folder that only the account of this process can use, if the folder does not exist.
///
/// # Errors
///
/// The error of the operating system.
pub fn create(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Checks that a folder belongs to the account of this process and that no other account can write to it.
///
/// # Errors
///
/// The problem of the folder. If accounts are not numbers (not on Unix), nothing is compared.
pub fn check(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let found = std::fs::metadata(folder)?;
        if found.uid() != rustix::process::geteuid().as_raw() {
            return Err(io::Error::other("it belongs to another account"));
        }
        if found.mode() & 0o022 != 0 {
            return Err(io::Error::other(format!("others can write to it: its mode is {:o}", found.mode() & 0o777)));
        }
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
