// SPDX-License-Identifier: LGPL-2.1-or-later
//! Metrics of the filesystems that are watched.

use super::marked::MarkedFilesystem;
use super::totals::{KINDS, OwnTotals, RESULTS};
use crate::metrics::{ByWord, Exposition, MetricsText, seconds, value};
use crate::sys::DeviceNumber;

/// The text of the whole file. It may be on any filesystem: on most machines each that there is is
/// watched.
pub fn text<'a>(
    watched: impl Iterator<Item = (DeviceNumber, &'a MarkedFilesystem)>,
    own: OwnTotals,
    kernel: &str,
) -> MetricsText {
    let all: Vec<_> = watched.map(|(device, one)| (labels(device, one), one)).collect();
    let mut out = Exposition::new("fserrord");
    out.info("Version of the program, and the kernel that it runs on.", kernel);
    out.head("up", "gauge", "1 for a filesystem that is watched.");
    all.iter().for_each(|(labels, _)| out.sample("up", labels, 1));
    out.head("shutdown", "gauge", "1 if the filesystem has shut down.");
    for (labels, one) in &all {
        out.sample("shutdown", labels, u8::from(one.totals.is_down));
    }
    out.head("errors_total", "counter", "Errors that the filesystem has reported.");
    for (labels, one) in &all {
        by_word(&mut out, "errors_total", labels, "kind", &KINDS, &one.totals.errors);
    }
    out.head("remedies_total", "counter", "What was done about errors, by how it has ended.");
    for (labels, one) in &all {
        by_word(&mut out, "remedies_total", labels, "result", &RESULTS, &one.totals.remedies);
    }
    let name = "last_event_timestamp_seconds";
    out.head(name, "gauge", "Time of the last error, in seconds since 1970.");
    for (labels, one) in &all {
        one.totals.last_ns.into_iter().for_each(|ns| out.sample(name, labels, seconds(ns)));
    }
    let (name, help) = ("unmounted_errors_total", "Errors of filesystems not mounted here.");
    out.head(name, "counter", help);
    out.sample(name, "", own.unmounted);
    let (name, help) = ("events_lost_total", "Times that the kernel's queue was full.");
    out.head(name, "counter", help);
    out.sample(name, "", own.lost);
    (out.text(), Vec::new())
}

/// Values of a metric of one filesystem, also of what has not happened: so its first time is a rise.
fn by_word(
    out: &mut Exposition,
    name: &str,
    labels: &str,
    label: &str,
    words: &[&'static str],
    totals: &ByWord,
) {
    for word in words {
        let total = totals.get(word).copied().unwrap_or(0);
        out.sample(name, &format!("{labels},{label}=\"{word}\""), total);
    }
}

/// The labels of a filesystem.
fn labels((major, minor): DeviceNumber, one: &MarkedFilesystem) -> String {
    let (mount, fs_type) = (value(one.place.mount().found), value(&one.fs_type));
    format!("mountpoint=\"{mount}\",device=\"{major}:{minor}\",type=\"{fs_type}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fserror::totals::ErrorTotals;
    use crate::report::Place;
    use crate::sys::fserror::FsErrorEvent;

    #[test]
    fn each_filesystem_has_its_errors_and_what_has_not_happened_is_0() {
        let mut totals = ErrorTotals::default();
        totals.take(&FsErrorEvent { fsid: [1, 2], file: None, errno: libc::EIO, count: 3 });
        let one = MarkedFilesystem::new(Place::on((8, 1), b"/a\"b"), b"ext4".to_vec());
        let one = MarkedFilesystem { totals, ..one };
        let own = OwnTotals { lost: 2, unmounted: 7 };
        let (text, devices) = text([((8, 1), &one)].into_iter(), own, "7.2\n");
        assert_eq!(devices, []);
        let labels = r#"mountpoint="/a\"b",device="8:1",type="ext4""#;
        for line in [
            format!("fserrord_up{{{labels}}} 1"),
            format!("fserrord_shutdown{{{labels}}} 0"),
            format!("fserrord_errors_total{{{labels},kind=\"other\"}} 1"),
            format!("fserrord_errors_total{{{labels},kind=\"counted\"}} 2"),
            format!("fserrord_errors_total{{{labels},kind=\"metadata\"}} 0"),
            format!("fserrord_remedies_total{{{labels},result=\"clean\"}} 0"),
            "fserrord_unmounted_errors_total 7".to_owned(),
            "fserrord_events_lost_total 2".to_owned(),
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
        let is_metric = |line: &str| line.starts_with("# ") || line.starts_with("fserrord_");
        assert!(text.lines().all(is_metric), "{text}");
    }
}
