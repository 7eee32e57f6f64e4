// SPDX-License-Identifier: LGPL-2.1-or-later
//! What `make install` puts where.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::names::functions;
use crate::tools::{libdir, root, run, scratch, source};

#[test]
fn the_programs_are_where_xfsprogs_has_them() {
    for name in ["xfs_healer", "xfs_healer_start", "fserrord"] {
        let program = root().join("usr/libexec/xfsprogs").join(name);
        let version = run(Command::new(program).arg("--version"));
        assert_eq!(version, format!("{name} version {}\n", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn completions_are_where_shells_look_for_them() {
    for name in ["xfs_healer", "xfs_healer_start", "fserrord"] {
        for place in [
            format!("usr/share/bash-completion/completions/{name}"),
            format!("usr/share/zsh/site-functions/_{name}"),
        ] {
            let text = fs::read_to_string(root().join(&place)).unwrap();
            assert!(text.contains(&format!("Completion of {name} for ")), "{place}");
        }
    }
}

#[test]
fn the_units_name_the_program_where_it_is() {
    let units = root().join("usr/lib/systemd/system");
    let unit = fs::read_to_string(units.join("xfs_healer@.service")).unwrap();
    assert!(unit.contains("\nExecStart=:/usr/libexec/xfsprogs/xfs_healer %f\n"), "{unit}");
    assert!(units.join("system-xfs_healer.slice").is_file());
    let elsewhere = scratch("elsewhere");
    let mut make = Command::new("make");
    make.arg("-C").arg(source("packaging")).args(["install-units", "prefix=/opt"]);
    run(make.arg(format!("DESTDIR={}", elsewhere.display())));
    let unit = elsewhere.join("opt/lib/systemd/system/xfs_healer@.service");
    let unit = fs::read_to_string(unit).unwrap();
    assert!(unit.contains("\nExecStart=:/opt/libexec/xfsprogs/xfs_healer %f\n"), "{unit}");
}

#[test]
fn services_of_other_supervisors_name_the_program_where_it_is() {
    let root = scratch("services");
    let _ = fs::remove_dir_all(&root);
    let mut make = Command::new("make");
    make.arg("-C").arg(source("packaging")).args(["install-openrc", "install-runit", "install-s6"]);
    run(make.arg("prefix=/opt").arg(format!("DESTDIR={}", root.display())));
    for place in ["etc/init.d/xfs_healer", "etc/sv/xfs_healer/run", "etc/s6/sv/xfs_healer/run"] {
        let text = fs::read_to_string(root.join(place)).unwrap();
        assert!(text.contains("/opt/libexec/xfsprogs/xfs_healer") && !text.contains("/usr/"));
    }
    let is_executable = |place| {
        let metadata = fs::metadata(root.join(place)).unwrap();
        metadata.permissions().mode() & 0o111 == 0o111
    };
    for place in
        ["etc/init.d/xfs_healer", "etc/sv/xfs_healer/log/run", "etc/s6/sv/xfs_healer/finish"]
    {
        assert!(is_executable(place), "{place}");
    }
    assert!(!is_executable("etc/s6/sv/xfs_healer/type"));
}

#[test]
fn the_hooks_for_initramfs_name_the_program_where_it_is() {
    let places = [
        "usr/libexec/xfsprogs/xfs_healer_root",
        "usr/share/initramfs-tools/hooks/xfs_healer",
        "usr/share/initramfs-tools/scripts/local-bottom/xfs_healer",
        "usr/lib/dracut/modules.d/75xfs_healer/module-setup.sh",
        "usr/lib/dracut/modules.d/75xfs_healer/heal-root.sh",
    ];
    for place in places {
        let mode = fs::metadata(root().join(place)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755, "{place}");
    }
    let elsewhere = scratch("elsewhere-initramfs");
    let mut make = Command::new("make");
    make.arg("-C").arg(source("packaging")).args(["install-initramfs", "prefix=/opt"]);
    run(make.arg(format!("DESTDIR={}", elsewhere.display())));
    for place in places {
        let place = place.replace("usr/", "opt/");
        let text = fs::read_to_string(elsewhere.join(&place)).unwrap();
        let named = text.matches("/opt/libexec/xfsprogs/xfs_healer").count();
        assert!(named > 0 && !text.contains("/usr/libexec"), "{place}: {text}");
    }
}

#[test]
fn every_function_has_a_page_by_its_name() {
    let pages = root().join("usr/share/man/man3");
    let missing = functions().into_iter().map(|(name, _)| format!("{name}.3"));
    let missing: Vec<_> = missing.filter(|page| !pages.join(page).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for page in fs::read_dir(&pages).unwrap() {
        let text = fs::read_to_string(page.unwrap().path()).unwrap();
        // A page that only says where the text is.
        let Some(other) = text.strip_prefix(".so man3/") else { continue };
        assert!(pages.join(other.trim_end()).is_file(), "{other}");
    }
}

#[test]
fn links_lead_from_the_name_without_version_to_the_file() {
    let link = |name: &str| fs::read_link(libdir().join(name)).unwrap();
    assert_eq!(link("libxfshealer.so").as_os_str(), "libxfshealer.so.0");
    let file = concat!("libxfshealer.so.0.", env!("CARGO_PKG_VERSION"));
    assert_eq!(link("libxfshealer.so.0").as_os_str(), file);
    assert!(libdir().join(file).is_file());
}
