//! Which container the host itself runs in, if it does: nobody stops it through itself.

/// The ids by which the host's own container may be known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Own {
    ids: Vec<String>,
}

/// Hexadecimal digits of an id, and of its short form, which is a container's host name by default.
const ID: usize = 64;
const SHORT: usize = 12;

impl Own {
    /// Looks around in /proc.
    pub(super) fn find() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        Self::from(
            &read("/proc/self/cgroup"),
            &read("/proc/self/mountinfo"),
            read("/proc/sys/kernel/hostname").trim(),
        )
    }

    fn from(cgroup: &str, mounts: &str, hostname: &str) -> Self {
        let mut ids: Vec<String> = Vec::new();
        // `…:/docker/ID`, or `…/docker-ID.scope`.
        for part in cgroup.split(['/', '-', '.', '\n', ':']) {
            if is_hex(part, ID) {
                ids.push(part.to_owned());
            }
        }
        // Docker mounts three files of its own over those of the image. Other mounts prove nothing: the
        // machine that Docker runs on sees those of all containers.
        for line in mounts.lines() {
            let mut fields = line.split(' ').skip(3);
            let (Some(root), Some(at)) = (fields.next(), fields.next()) else { continue };
            if matches!(at, "/etc/hostname" | "/etc/hosts" | "/etc/resolv.conf") {
                ids.extend(root.split('/').filter(|part| is_hex(part, ID)).map(str::to_owned));
            }
        }
        if is_hex(hostname, SHORT) {
            ids.push(hostname.to_owned());
        }
        Self { ids }
    }

    /// Whether the container with this id is the host's own.
    pub(super) fn is(&self, id: &str) -> bool {
        self.ids.iter().any(|own| id.starts_with(own.as_str()))
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    #[test]
    fn a_container_knows_itself() {
        let file = format!(
            "612 600 254:0 /var/lib/docker/containers/{A}/hostname /etc/hostname rw - ext4 /dev/vda rw"
        );
        for own in [
            Own::from(&format!("5:memory:/docker/{A}\n0::/"), "", "bot"),
            Own::from(&format!("0::/system.slice/docker-{A}.scope"), "", "bot"),
            Own::from("0::/", &file, "bot"),
            Own::from("0::/", "", &A[..12]),
        ] {
            assert!(own.is(A) && !own.is(B), "{own:?}");
        }
    }

    #[test]
    fn a_machine_is_no_container() {
        let other =
            format!("612 600 254:0 / /var/lib/docker/containers/{A}/mounts/shm rw - tmpfs shm rw");
        assert_eq!(Own::from("0::/user.slice/session-1.scope", &other, "vm"), Own::default());
        assert!(!Own::default().is(A));
    }
}
