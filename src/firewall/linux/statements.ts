/** Statements that neither decide about a packet nor change where it goes (nft(8)). */
export const harmless: readonly string[] = [
  ...['counter', 'log', 'masquerade', 'snat', 'notrack', 'ct helper', 'ct timeout', 'secmark', 'comment'],
];

/** Statements that hold for some packets only: what comes after them in the rule is for these. */
export const conditions: readonly string[] = ['limit', 'quota', 'ct count', 'set', 'map', 'meter', 'last', 'numgen'];

export const finalVerdicts: readonly string[] = ['accept', 'drop', 'reject'];

export const verdicts: readonly string[] = [...finalVerdicts, 'return', 'jump', 'goto', 'continue'];

/** iptables' targets that send a packet nowhere else (iptables-extensions(8)). Its verdicts are listed as nft's own. */
export const harmlessTargets: readonly string[] = [
  ...['MASQUERADE', 'SNAT', 'MARK', 'CONNMARK', 'LOG', 'NFLOG', 'ULOG', 'TRACE', 'AUDIT', 'SECMARK', 'CONNSECMARK'],
  ...['CLASSIFY', 'DSCP', 'TOS', 'HL', 'TTL', 'TCPMSS', 'TCPOPTSTRIP', 'CHECKSUM', 'ECN', 'RATEEST', 'LED', 'SET'],
  ...['IDLETIMER', 'CT', 'NOTRACK', 'HMARK'],
];
