//! The two formats in the front matter, as `slides` writes them.

use jiff::civil::Date;

/// Writes `day` in the format of `slides`: `YYYY YY MMMM MMM MM mm DD dd` are replaced, where a small
/// letter leaves out the leading zero; everything else stays as it is.
pub fn format_date(format: &str, day: Date) -> String {
    let month = MONTHS[usize::from(day.month().unsigned_abs()) - 1];
    let tokens: [(&str, String); 8] = [
        ("YYYY", format!("{:04}", day.year())),
        ("YY", format!("{:02}", day.year().rem_euclid(100))),
        ("MMMM", month.to_owned()),
        ("MMM", month[..3].to_owned()),
        ("MM", format!("{:02}", day.month())),
        ("mm", day.month().to_string()),
        ("DD", format!("{:02}", day.day())),
        ("dd", day.day().to_string()),
    ];
    let mut out = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        if let Some((token, text)) = tokens.iter().find(|(token, _)| rest.starts_with(token)) {
            out.push_str(text);
            rest = &rest[token.len()..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// The months as Go writes them, which is what `slides` shows.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Writes the page counter: two `%d` are page and total, one is the page, any other number of them
/// leaves the format as it is.
pub fn format_paging(format: &str, page: usize, total: usize) -> String {
    match format.matches("%d").count() {
        1 => format.replacen("%d", &page.to_string(), 1),
        2 => format
            .replacen("%d", &page.to_string(), 1)
            .replacen("%d", &total.to_string(), 1),
        _ => format.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn dates_have_the_tokens_of_slides() {
        let day = date(2026, 3, 7);
        let cases = [
            ("YYYY-MM-DD", "2026-03-07"),
            ("dd/mm/YY", "7/3/26"),
            ("MMMM dd, YYYY", "March 7, 2026"),
            ("DD. MMM", "07. Mar"),
            ("Hamar, våren", "Hamar, våren"),
            ("12 DD", "12 07"),
            ("", ""),
        ];
        for (format, expected) in cases {
            assert_eq!(format_date(format, day), expected, "{format}");
        }
    }

    #[test]
    fn paging_counts_its_places() {
        let cases = [
            ("Slide %d / %d", "Slide 3 / 36"),
            ("%d", "3"),
            ("side", "side"),
            ("%d %d %d", "%d %d %d"),
        ];
        for (format, expected) in cases {
            assert_eq!(format_paging(format, 3, 36), expected, "{format}");
        }
    }
}
