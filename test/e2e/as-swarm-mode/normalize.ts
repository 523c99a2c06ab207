/**
 * Replaces tokens, keys, ids, times, ages and addresses by words. White space counts only as a separator, for columns are as wide
 * as what stands in them; of the progress of a command only how it ended counts, for it depends on how fast things went.
 */
export function normalized(text: string, hostname: string): string {
  return text
    .trimEnd()
    .replaceAll(hostname, 'HOST')
    .replaceAll(/SWMTKN-1-[0-9a-z]+-[0-9a-z]+/g, 'TOKEN')
    .replaceAll(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g, 'CERTIFICATE')
    .replaceAll(/\bMFkwEwYHKoZI[\w+/=]+/g, 'PUBLICKEY')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'HEX')
    .replaceAll(/\b[0-9a-z]{25}\b/g, 'ID')
    .replaceAll(/"ID":"[0-9a-z]{12}"/g, '"ID":"SHORTID"')
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\d{4}-\d\d-\d\d [\d:.]+ \+0000 utc/gi, 'TIME')
    .replaceAll(/\b(?:less than a second|\d+ seconds?|about a minute|\d+ minutes?) ago\b/gi, 'AGE')
    .replaceAll(/"Index": ?\d+/g, '"Index": N')
    .replaceAll(/\w is ambiguous \(\d+ matches/g, 'X is ambiguous (N matches')
    .replaceAll(/\b10\.0\.0\.\d+\/24\b/g, '10.0.0.N/24')
    .replaceAll(/^([ \t*]*)(?:[a-z0-9]{12})(?=\s|$)/gm, '$1SHORTID')
    .replaceAll(
      /^(?:overall progress|verify: Waiting|rollback: |\d+\/\d+:|[a-z0-9]{12}:).*(?:\n|$)/gm,
      '',
    )
    .replaceAll(/[ \t]+/g, ' ')
    .replaceAll(/^ | $/gm, '')
    .trimEnd();
}
