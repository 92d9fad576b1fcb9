//! The request that an action declares: method and path template.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are self-explanatory")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// The method as it is written in a request.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether parameters outside the path are sent in a body, not in the query.
    #[must_use]
    pub fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not one of GET, POST, PUT, PATCH, DELETE"))
    }
}

/// One segment of a path template.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Segment {
    /// Fixed text.
    Literal(String),
    /// The value of the parameter with this WIT name.
    Param(String),
}

/// A path such as `/v1/organizations/users/{user-id}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PathTemplate {
    segments: Vec<Segment>,
}

impl PathTemplate {
    /// The segments, in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The names of the parameters, in order.
    pub fn params(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Param(name) => Some(name.as_str()),
            Segment::Literal(_) => None,
        })
    }

    /// Compares a raw request path with the template.
    ///
    /// Returns the raw, still percent-encoded value of each parameter, or `None` when the path does not match. An empty
    /// segment never matches.
    #[must_use]
    pub fn captures<'p>(&self, path: &'p str) -> Option<Vec<(&str, &'p str)>> {
        let mut given = path.strip_prefix('/')?.split('/');
        let mut captured = Vec::new();
        for segment in &self.segments {
            let text = given.next()?;
            match segment {
                Segment::Literal(literal) if literal == text => {}
                Segment::Param(name) if !text.is_empty() => captured.push((name.as_str(), text)),
                _ => return None,
            }
        }
        given.next().is_none().then_some(captured)
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => write!(f, "/{text}")?,
                Segment::Param(name) => write!(f, "/{{{name}}}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for PathTemplate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix('/').ok_or_else(|| format!("the path `{text}` does not begin with `/`"))?;
        let segments = rest
            .split('/')
            .map(|segment| {
                let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~".contains(c));
                match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
                    Some(name) if !name.is_empty() && plain(name) => Ok(Segment::Param(name.to_owned())),
                    None if !segment.is_empty() && plain(segment) => Ok(Segment::Literal(segment.to_owned())),
                    _ => Err(format!("the path segment `{segment}` is neither plain text nor `{{parameter}}`")),
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { segments })
    }
}

/// The one request that an action makes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// The path.
    pub path: PathTemplate,
}

impl fmt::Display for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl FromStr for HttpRequest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (method, path) = text.split_once(' ').ok_or("expected a method and a path")?;
        Ok(Self { method: method.parse()?, path: path.trim().parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> PathTemplate {
        text.parse().unwrap_or_else(|error: String| panic!("{error}"))
    }

    #[test]
    fn a_template_prints_as_it_was_written() {
        assert_eq!(template("/v1/users/{user-id}/x").to_string(), "/v1/users/{user-id}/x");
    }

    #[test]
    fn a_path_matches_only_segment_by_segment() {
        let path = template("/v1/users/{user-id}");
        assert_eq!(path.captures("/v1/users/u%2F1"), Some(vec![("user-id", "u%2F1")]));
        for other in
            ["/v1/users", "/v1/users/", "/v1/users/a/b", "v1/users/a", "/v1/users/a/", "/v2/users/a", "//v1/users/a"]
        {
            assert_eq!(path.captures(other), None, "{other}");
        }
    }

    #[test]
    fn broken_requests_are_refused() {
        for text in ["GET", "FETCH /v1", "GET v1", "GET /v1//x", "GET /v1/{}", "GET /v1/a b", "GET /v1/x?y=1"] {
            assert!(text.parse::<HttpRequest>().is_err(), "{text}");
        }
    }
}
