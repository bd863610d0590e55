package defaulting

import corev1 "k8s.io/api/core/v1"

var volumeTable = join(
	of(func(v *corev1.VolumeSource) {
		if *v == (corev1.VolumeSource{}) {
			v.EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}),
	of(func(v *corev1.HostPathVolumeSource) { pointer(&v.Type, corev1.HostPathUnset) }),
	of(func(v *corev1.SecretVolumeSource) { pointer(&v.DefaultMode, corev1.SecretVolumeSourceDefaultMode) }),
	of(func(v *corev1.ConfigMapVolumeSource) {
		pointer(&v.DefaultMode, corev1.ConfigMapVolumeSourceDefaultMode)
	}),
	of(func(v *corev1.DownwardAPIVolumeSource) {
		pointer(&v.DefaultMode, corev1.DownwardAPIVolumeSourceDefaultMode)
	}),
	of(func(v *corev1.ProjectedVolumeSource) {
		pointer(&v.DefaultMode, corev1.ProjectedVolumeSourceDefaultMode)
	}),
	of(func(p *corev1.ServiceAccountTokenProjection) { pointer(&p.ExpirationSeconds, 60*60) }),
	of(func(v *corev1.ISCSIVolumeSource) { value(&v.ISCSIInterface, "default") }),
	of(func(v *corev1.ISCSIPersistentVolumeSource) { value(&v.ISCSIInterface, "default") }),
	of(func(v *corev1.RBDVolumeSource) { rbd(&v.RBDPool, &v.RadosUser, &v.Keyring) }),
	of(func(v *corev1.RBDPersistentVolumeSource) { rbd(&v.RBDPool, &v.RadosUser, &v.Keyring) }),
	of(func(v *corev1.ScaleIOVolumeSource) { scaleIO(&v.StorageMode, &v.FSType) }),
	of(func(v *corev1.ScaleIOPersistentVolumeSource) { scaleIO(&v.StorageMode, &v.FSType) }),
	of(func(v *corev1.AzureDiskVolumeSource) {
		pointer(&v.CachingMode, corev1.AzureDataDiskCachingReadWrite)
		pointer(&v.Kind, corev1.AzureSharedBlobDisk)
		pointer(&v.FSType, "ext4")
		pointer(&v.ReadOnly, false)
	}),
	of(func(v *corev1.PersistentVolume) {
		value(&v.Spec.PersistentVolumeReclaimPolicy, corev1.PersistentVolumeReclaimRetain)
		pointer(&v.Spec.VolumeMode, corev1.PersistentVolumeFilesystem)
	}),
	of(func(c *corev1.PersistentVolumeClaim) { value(&c.Status.Phase, corev1.ClaimPending) }),
	of(func(s *corev1.PersistentVolumeClaimSpec) { pointer(&s.VolumeMode, corev1.PersistentVolumeFilesystem) }),
)

func rbd(pool, user, keyring *string) {
	value(pool, "rbd")
	value(user, "admin")
	value(keyring, "/etc/ceph/keyring")
}

func scaleIO(mode, fsType *string) {
	value(mode, "ThinProvisioned")
	value(fsType, "xfs")
}
