//! An address as a QR code, as data: a path for the window, text for a terminal.

use qrcode::{Color, EcLevel, QrCode};

use crate::contract::{Problem, ProblemCode, QrView};

/// Light modules round the code, without which cameras do not find it (ISO/IEC 18004).
const QUIET: usize = 4;

/// Draws an address.
///
/// # Errors
///
/// `internal` when it does not fit.
pub fn draw(address: &str) -> Result<QrView, Problem> {
    let too_long = |error: qrcode::types::QrError| {
        Problem::new(ProblemCode::Internal).with("reason", "address-too-long-for-a-qr-code").caused_by(&error)
    };
    let code = QrCode::with_error_correction_level(address, EcLevel::L).map_err(too_long)?;
    let (width, colours) = (code.width(), code.to_colors());
    let dark = |x: usize, y: usize| colours.get(y * width + x) == Some(&Color::Dark);
    let mut path = String::new();
    for y in 0..width {
        let mut x = 0;
        while x < width {
            let begins = x;
            while x < width && dark(x, y) {
                x += 1;
            }
            if x > begins {
                let length = x - begins;
                path.extend([format!("M{begins} {y}h{length}v1h-{length}z")]);
            }
            x += 1;
        }
    }
    let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < width);
    let is_dark = |x: usize, y: usize| inside(x).zip(inside(y)).is_some_and(|(x, y)| dark(x, y));
    let side = width + 2 * QUIET;
    let rows = (0..side).step_by(2).map(|y| {
        // Light on dark is what most terminals are; so light modules are the ones that are painted.
        let half = |x| match (is_dark(x, y), is_dark(x, y + 1) || y + 1 >= side) {
            (false, false) => '█',
            (false, true) => '▀',
            (true, false) => '▄',
            (true, true) => ' ',
        };
        (0..side).map(half).collect::<String>()
    });
    let text = rows.collect::<Vec<_>>().join("\n");
    Ok(QrView { size: u32::try_from(width).unwrap_or(u32::MAX), path, text })
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn path_and_text_show_the_same_squares() {
        let code = draw("https://login.example/adminconsent?state=x").unwrap();
        let size = code.size as usize;
        let mut squares = vec![false; size * size];
        for run in code.path.split('M').skip(1) {
            let numbers: Vec<usize> =
                run.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
            let [x, y, length, ..] = numbers[..] else { panic!("{run}") };
            squares[y * size + x..][..length].fill(true);
        }
        let rows: Vec<Vec<char>> = code.text.lines().map(|row| row.chars().collect()).collect();
        for y in 0..size {
            for x in 0..size {
                let shown = rows[y / 2 + 2][x + 4];
                let dark = if y % 2 == 0 { "▄ " } else { "▀ " };
                assert_eq!(squares[y * size + x], dark.contains(shown), "{x} {y}");
            }
        }
        // The three corners are what a camera looks for.
        assert!(code.path.starts_with("M0 0h7v1h-7z"));
    }

    #[test]
    fn what_does_not_fit_is_no_panic() {
        assert!(draw(&"x".repeat(10_000)).is_err());
    }
}
