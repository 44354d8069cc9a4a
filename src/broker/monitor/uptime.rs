//! Long times in short.

use std::time::Duration;

/// A time in years, days, hours, minutes and seconds, from the first that is not zero: `3d4h0m1s`.
/// Source: `myUptime` in `monitor.go`.
pub fn format(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let years = days / 365;
    let tail = format!("{}s", seconds % 60);
    if years > 0 {
        format!("{years}y{}d{}h{}m{tail}", days % 365, hours % 24, minutes % 60)
    } else if days > 0 {
        format!("{days}d{}h{}m{tail}", hours % 24, minutes % 60)
    } else if hours > 0 {
        format!("{hours}h{}m{tail}", minutes % 60)
    } else if minutes > 0 {
        format!("{minutes}m{tail}")
    } else {
        tail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_needed_is_written() {
        let of = |seconds| format(Duration::from_secs(seconds));
        assert_eq!(of(0), "0s");
        assert_eq!(of(61), "1m1s");
        assert_eq!(of(3600), "1h0m0s");
        assert_eq!(of(86_400 * 366 + 1), "1y1d0h0m1s");
    }
}
