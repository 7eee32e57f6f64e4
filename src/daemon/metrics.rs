// SPDX-License-Identifier: LGPL-2.1-or-later
//! Metrics of the filesystems that are monitored.

use crate::metrics::{ByWord, Exposition, MetricsText, seconds, value};
use crate::report::Place;
use crate::service::status::Counts;
use crate::watch::totals::{EVENTS, FILE_ERRORS, FULL_SCRUBS, REPAIRS, Totals};
use std::fmt::Write;

/// Facts of one filesystem at one moment.
#[derive(Debug)]
pub(crate) struct Sample {
    pub place: Place,
    pub totals: Totals,
    pub counts: Counts,
}

/// Values of one metric and one filesystem, each with a label of its own or none.
type Samples = Vec<(Option<(&'static str, &'static str)>, u64)>;

/// A metric: its name, its type, its help and the samples of one filesystem, each with a label of
/// its own or none.
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    of: fn(&Sample) -> Samples,
}

const METRICS: [Metric; 10] = [
    gauge("up", "1 for a filesystem that is monitored.", |_| plain(1)),
    gauge("damaged_structures", "Structures that are damaged, as far as is known.", |sample| {
        plain(sample.counts.left as u64)
    }),
    gauge("offline_needed", "Structures that only xfs_repair can mend.", |sample| {
        plain(sample.totals.offline() as u64)
    }),
    gauge("shutdown", "1 if the filesystem has shut down.", |sample| {
        plain(u64::from(sample.totals.is_down))
    }),
    counter("repairs_total", "Outcomes of repairs.", |sample| {
        labelled("result", &REPAIRS, &sample.totals.repairs)
    }),
    counter("full_scrubs_total", "Ends of full scrubs.", |sample| {
        labelled("result", &FULL_SCRUBS, &sample.totals.full_scrubs)
    }),
    counter("events_total", "Reports of the kernel about metadata and devices.", |sample| {
        labelled("type", &EVENTS, &sample.totals.events)
    }),
    counter("file_errors_total", "Reports of the kernel about reads and writes.", |sample| {
        labelled("kind", &FILE_ERRORS, &sample.totals.file_errors)
    }),
    counter("media_errors_total", "Reports of the kernel about bad media.", |sample| {
        plain(sample.totals.events.get("media_error").copied().unwrap_or(0))
    }),
    counter("events_lost_total", "Reports that the kernel had no room for.", |sample| {
        plain(sample.counts.lost)
    }),
];

const fn gauge(name: &'static str, help: &'static str, of: fn(&Sample) -> Samples) -> Metric {
    Metric { name, kind: "gauge", help, of }
}

const fn counter(name: &'static str, help: &'static str, of: fn(&Sample) -> Samples) -> Metric {
    Metric { name, kind: "counter", help, of }
}

fn plain(value: u64) -> Samples {
    vec![(None, value)]
}

fn labelled(label: &'static str, words: &[&'static str], count: &ByWord) -> Samples {
    let value = |word| count.get(word).copied().unwrap_or(0);
    words.iter().map(|word| (Some((label, *word)), value(*word))).collect()
}

/// The text of the whole file, and the devices that it must not be on.
pub(crate) fn text(samples: &[Sample], kernel: &str) -> MetricsText {
    let mut out = Exposition::new("xfs_healer");
    out.info("Version of the healer, and the kernel that it runs on.", kernel);
    let labels: Vec<String> = samples.iter().map(|sample| labels(&sample.place)).collect();
    for metric in METRICS {
        out.head(metric.name, metric.kind, metric.help);
        for (sample, labels) in samples.iter().zip(&labels) {
            for (own, value) in (metric.of)(sample) {
                let own = own.map(|(label, word)| format!(",{label}=\"{word}\""));
                let labels = format!("{labels}{}", own.unwrap_or_default());
                out.sample(metric.name, &labels, value);
            }
        }
    }
    let name = "last_event_timestamp_seconds";
    out.head(name, "gauge", "Time of the last report, in seconds since 1970.");
    for (sample, labels) in samples.iter().zip(&labels) {
        if let Some(ns) = sample.totals.last_event_ns {
            out.sample(name, labels, seconds(ns));
        }
    }
    let devices = samples.iter().filter_map(|sample| Some(sample.place.id()?.device));
    (out.text(), devices.collect())
}

/// The labels of a filesystem.
fn labels(place: &Place) -> String {
    let mut labels = format!("mountpoint=\"{}\"", value(place.mount().found));
    if let Some(id) = place.id() {
        let (major, minor) = id.device;
        // Writing to a String cannot fail.
        let _ = write!(labels, ",device=\"{major}:{minor}\",fs_uuid=\"{}\"", id.uuid());
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::FsId;
    use std::collections::BTreeSet;

    fn sample(mount: &[u8]) -> Sample {
        let mut place = Place::new(mount);
        place.identify(FsId { uuid: [0x1f; 16], device: (8, 1) });
        let counts = Counts { left: 2, lost: 3, ..Counts::default() };
        Sample { place, totals: Totals::default(), counts }
    }

    #[test]
    fn a_value_is_one_whatever_the_mount_point_is_called() {
        let (text, devices) = text(&[sample(b"/a\"b\\\n"), sample(b"/\xff")], "7.2\n");
        assert_eq!(devices, [(8, 1); 2]);
        let uuid = "1f1f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1f";
        let line = |mount: &str| {
            format!(
                "xfs_healer_damaged_structures{{mountpoint=\"{mount}\",device=\"8:1\",\
                    fs_uuid=\"{uuid}\"}} 2"
            )
        };
        for line in [line(r#"/a\"b\\\n"#), line(r"/\\xff")] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
        assert!(text.lines().next().unwrap().starts_with("# HELP xfs_healer_info "));
        let is_metric = |line: &str| line.starts_with("# ") || line.starts_with("xfs_healer_");
        assert!(text.lines().all(is_metric), "{text}");
    }

    #[test]
    fn what_has_not_happened_is_0_so_that_its_first_time_is_a_rise() {
        let (text, _) = text(&[sample(b"/m")], "7.2");
        for word in REPAIRS {
            assert!(text.contains(&format!("result=\"{word}\"}} 0\n")), "{word}");
        }
        assert!(!text.contains("\nxfs_healer_last_event_timestamp_seconds{"));
    }

    /// The metrics that a text speaks of, without `xfs_healer_`.
    fn metrics(text: &str) -> BTreeSet<&str> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.filter_map(|word| word.strip_prefix("xfs_healer_")).collect()
    }

    #[test]
    fn each_metric_is_in_the_dashboard_or_the_alert_rules_and_no_other_is() {
        let dashboard = include_str!("../../packaging/grafana/xfs_healer.dashboard.json");
        let rules = include_str!("../../packaging/prometheus/xfs_healer.rules.yml");
        let (text, _) = text(&[sample(b"/m")], "7.2");
        let types = text.lines().filter(|line| line.starts_with("# TYPE ")).collect::<Vec<_>>();
        let types = types.join("\n");
        let shown = &metrics(dashboard) | &metrics(rules);
        assert_eq!(shown, metrics(&types));
    }
}
