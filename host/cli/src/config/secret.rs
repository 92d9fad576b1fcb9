//! The source of a secret.

use claude_admin_chat::outside_text::{self, OutsideError};
use secrecy::SecretString;
use std::path::{Path, PathBuf};

/// The source of a secret: a file or an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretSource {
    /// The content of a file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
}

/// Why a secret cannot be read. The error never contains the secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    /// The file cannot be read.
    #[error("cannot read the secret in {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        cause: std::io::Error,
    },
    /// The variable is not set or is empty.
    #[error("the environment variable {0} is not set")]
    Unset(String),
    /// The file is empty.
    #[error("the file {} is empty", .0.display())]
    Empty(PathBuf),
    /// The text is not a usable secret.
    #[error("the secret in {place} cannot be used: {cause}")]
    Unusable {
        /// The file or the variable.
        place: String,
        /// The cause.
        cause: OutsideError,
    },
}

impl SecretSource {
    /// The file if one is given, otherwise the variable.
    #[must_use]
    pub(crate) fn of(file: Option<&Path>, variable: &str) -> Self {
        file.map_or_else(|| Self::Environment(variable.to_owned()), |path| Self::File(path.to_owned()))
    }

    /// Reads the secret of a configuration that names a file, a variable, or neither. `None`: the configuration names
    /// neither, and the default variable is not set.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if the secret cannot be read, or if a source that the configuration names is empty.
    pub(crate) fn find(
        file: Option<&Path>,
        variable: Option<&str>,
        default: &str,
    ) -> Result<Option<SecretString>, SecretError> {
        match Self::of(file, variable.unwrap_or(default)).read() {
            Err(SecretError::Unset(_)) if variable.is_none() => Ok(None),
            read => read.map(Some),
        }
    }

    /// Reads the secret.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if the secret cannot be read or is empty.
    pub(crate) fn read(&self) -> Result<SecretString, SecretError> {
        match self {
            Self::File(path) => {
                let bytes = std::fs::read(path).map_err(|cause| SecretError::Read { path: path.clone(), cause })?;
                let unusable = |cause| SecretError::Unusable { place: path.display().to_string(), cause };
                let text = outside_text::text(&bytes).map_err(unusable)?;
                let secret = outside_text::secret(&text).map_err(unusable)?;
                if secret.is_empty() { Err(SecretError::Empty(path.clone())) } else { Ok(SecretString::from(secret)) }
            }
            Self::Environment(name) => {
                let unusable = |cause| SecretError::Unusable { place: name.clone(), cause };
                let text = std::env::var_os(name).unwrap_or_default();
                let text = text.to_str().ok_or_else(|| unusable(OutsideError::NotText))?;
                let secret = outside_text::secret(text).map_err(unusable)?;
                if secret.is_empty() { Err(SecretError::Unset(name.clone())) } else { Ok(SecretString::from(secret)) }
            }
        }
    }
}
