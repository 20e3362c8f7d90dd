// Runs before the first paint, so that a kept theme never flashes. A file of its own because the
// content security policy forbids inline scripts.
try {
  const kept = localStorage.getItem('portledger.theme');
  if (kept === 'light' || kept === 'dark') document.documentElement.dataset.theme = kept;
} catch {
  // Storage can be switched off; the system's preference then stands.
}
