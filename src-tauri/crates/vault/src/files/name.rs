//! Which names a file of a set may have: those that mean the same on Linux and Windows, and stay in their folder.

/// What is wrong with a file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Empty, `.` or `..`.
    #[error("it names no file")]
    Nothing,
    /// Leads elsewhere: `/`, `\` or `:`.
    #[error("it leads out of the folder")]
    Path,
    /// A character that Windows or a terminal does not bear.
    #[error("it holds a forbidden character")]
    Character,
    /// Ends in a dot or a space, which Windows drops.
    #[error("it ends in a dot or a space")]
    Ending,
    /// A device on Windows (`CON`, `NUL`, `COM1`, …), also with an extension.
    #[error("it is a device on Windows")]
    Device,
    /// More than 255 bytes.
    #[error("it is too long")]
    TooLong,
}

const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
const LONGEST: usize = 255;

/// Says whether a file of a set may have this name.
///
/// # Errors
///
/// The first thing that is wrong with it.
pub fn check_name(name: &str) -> Result<(), NameProblem> {
    if matches!(name, "" | "." | "..") {
        return Err(NameProblem::Nothing);
    }
    if name.len() > LONGEST {
        return Err(NameProblem::TooLong);
    }
    if name.contains(['/', '\\', ':']) {
        return Err(NameProblem::Path);
    }
    if name.contains(|c: char| c.is_control() || "<>\"|?*".contains(c)) {
        return Err(NameProblem::Character);
    }
    if name.ends_with(['.', ' ']) {
        return Err(NameProblem::Ending);
    }
    // Windows looks at what precedes the first dot, and ignores spaces there.
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_uppercase();
    if DEVICES.contains(&stem.as_str()) || is_numbered_device(&stem) {
        return Err(NameProblem::Device);
    }
    Ok(())
}

fn is_numbered_device(stem: &str) -> bool {
    let Some(rest) = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT")) else { return false };
    let mut characters = rest.chars();
    // Windows counts the superscript digits as well.
    matches!((characters.next(), characters.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_pass() {
        for name in [
            "inputs.conf",
            ".env",
            "WDATP-connector.jsonparser.properties",
            "보고서.html",
            "COMMON.txt",
            "COM10",
        ] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_leave_the_folder_or_mean_a_device_are_refused() {
        for (name, problem) in [
            ("", NameProblem::Nothing),
            ("..", NameProblem::Nothing),
            ("../x", NameProblem::Path),
            ("a\\b", NameProblem::Path),
            ("c:x", NameProblem::Path),
            ("a\nb", NameProblem::Character),
            ("a?", NameProblem::Character),
            ("name.", NameProblem::Ending),
            ("name ", NameProblem::Ending),
            ("con", NameProblem::Device),
            ("NUL.txt", NameProblem::Device),
            ("com1 .conf", NameProblem::Device),
            ("LPT³", NameProblem::Device),
        ] {
            assert_eq!(check_name(name), Err(problem), "{name}");
        }
        assert_eq!(check_name(&"x".repeat(256)), Err(NameProblem::TooLong));
    }
}
