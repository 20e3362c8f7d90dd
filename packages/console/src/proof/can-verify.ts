/** Web Crypto, which checks signatures, stands only in secure contexts: HTTPS, or a loopback address. */
export function canVerify(): boolean {
  return globalThis.isSecureContext && 'subtle' in globalThis.crypto;
}
