use super::*;

fn seen(text: &str) -> Vec<String> {
    read(text).iter().map(|disk| format!("{} {}%", disk.mount, disk.percent())).collect()
}

#[test]
fn gnu_and_busybox_are_read() {
    let gnu = "\
Filesystem     1024-blocks     Used Available Capacity Mounted on
udev               1991112        0   1991112       0% /dev
tmpfs               401884     1148    400736       1% /run
/dev/vda1         41020640 25843004  13421888      66% /
/dev/vda1         41020640 25843004  13421888      66% /var/lib/docker/volumes
overlay           41020640 25843004  13421888      66% /var/lib/docker/overlay2/5f/merged
/dev/loop3           65536    65536         0     100% /snap/core/1
/dev/sdb1        103081248 98000000   5081248      96% /mnt/my backups
nas:/vol/a b     103081248        0 103081248       0% /mnt/nas
";
    assert_eq!(seen(gnu), ["/ 66%", "/mnt/my backups 95%", "/mnt/nas 0%"]);
    let busybox = "\
Filesystem           1024-blocks    Used Available Capacity Mounted on
/dev/root               16384000   8192000   8192000  50% /
overlay                 16384000   8192000   8192000  50% /overlay
";
    assert_eq!(seen(busybox), ["/ 50%"]);
    let container = "Filesystem 1024-blocks Used Available Capacity Mounted on\noverlay 10485760 2621440 7864320 25% /\n/dev/vda1 10485760 2621440 7864320 25% /etc/hosts\n";
    assert_eq!(seen(container), ["/ 25%"]);
}

#[test]
fn nonsense_is_left_out() {
    for text in [
        "",
        "df: /mnt: Stale file handle",
        "/dev/sda1 100% /",
        "/dev/sda1 1 2 3 4% relative",
        "/dev/sda1 x y z 4% /",
        "/dev/sda1 99999999999999999999 2 3 4% /",
        "% /",
    ] {
        assert_eq!(seen(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn files_are_counted_like_room() {
    let table = "Filesystem       Inodes   IUsed    IFree IUse% Mounted on\n/dev/vda 16777216 676621 16100595 5% /\nbtrfs 0 0 0 - /b\n";
    let rows: Vec<String> =
        rows(table).iter().map(|row| format!("{} {}", row.mount, row.percent())).collect();
    assert_eq!(rows, ["/ 4", "/b 0"]);
}
