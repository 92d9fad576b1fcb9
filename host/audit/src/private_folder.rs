//! A folder that belongs to one account alone.

use std::io;
use std::path::Path;

/// Makes a folder for the account of this process alone, where there is none.
///
/// # Errors
///
/// What the operating system says.
pub fn create(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Whether a folder is of the account of this process, and nobody else can write to it.
///
/// # Errors
///
/// What is wrong with it. Where accounts are no numbers, nothing is compared.
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
