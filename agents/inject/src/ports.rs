//! Finds a port that the pod does not use yet. The containers of a pod share one network namespace, so a port
//! declared by any of them is taken for all.

use std::collections::BTreeSet;

use crate::pod::PodView;

/// The ports taken in a pod.
pub(crate) struct Ports(BTreeSet<u16>);

impl Ports {
    /// The ports that `pod` declares. What it listens on undeclared is not known here; the agent reports it.
    pub(crate) fn of(pod: &PodView) -> Self {
        Self(
            pod.all_containers()
                .flat_map(|container| container.ports.iter().flatten())
                .filter_map(|port| u16::try_from(port.container_port).ok())
                .collect(),
        )
    }

    /// Takes the first free port from `wanted` up, if there is one.
    pub(crate) fn take(&mut self, wanted: u16) -> Option<u16> {
        let port = (wanted..=u16::MAX).find(|port| !self.0.contains(port))?;
        self.0.insert(port);
        Some(port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_next_free_port_and_never_one_twice() {
        let mut ports = Ports([9404, 9405].into());
        assert_eq!(ports.take(9404), Some(9406));
        assert_eq!(ports.take(9404), Some(9407));
        assert_eq!(ports.take(65535), Some(65535));
        assert_eq!(ports.take(65535), None);
    }
}
