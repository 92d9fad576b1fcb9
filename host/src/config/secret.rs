//! Where a secret comes from.

use secrecy::SecretString;
use std::path::{Path, PathBuf};

/// Where a secret comes from: a file, or an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// The trimmed content of a file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
}

/// Why there is no secret. The secret is not part of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("cannot read the secret in {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        cause: std::io::Error,
    },
    /// The variable is not set, or empty.
    #[error("the environment variable {0} is not set")]
    Unset(String),
    /// The file is empty.
    #[error("the file {} is empty", .0.display())]
    Empty(PathBuf),
}

impl SecretSource {
    /// A file where one is given, else a variable.
    #[must_use]
    pub fn of(file: Option<&Path>, variable: &str) -> Self {
        file.map_or_else(|| Self::Environment(variable.to_owned()), |path| Self::File(path.to_owned()))
    }

    /// Reads the secret.
    ///
    /// # Errors
    ///
    /// [`SecretError`] when it is not there.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        match self {
            Self::File(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|cause| SecretError::Read { path: path.clone(), cause })?;
                let text = text.trim();
                if text.is_empty() { Err(SecretError::Empty(path.clone())) } else { Ok(SecretString::from(text)) }
            }
            Self::Environment(name) => match std::env::var(name) {
                Ok(text) if !text.trim().is_empty() => Ok(SecretString::from(text.trim())),
                _ => Err(SecretError::Unset(name.clone())),
            },
        }
    }
}
