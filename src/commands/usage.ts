/** The first three lines are the batch script's own words. */
export const usage = `Usage: contain-host (ADD|DELETE) user IP_Address
Example: contain-host ADD - 192.0.2.50

ADD cuts this host off the network: the agent's servers, the incident handler at IP_Address and those in the settings are let through.
DELETE gives it back as it was; user and IP_Address are not used then, "-" will do.

Other commands:
  contain-host plan (ADD|DELETE) user IP_Address [--for windows|linux] [--original] [--json]
                              what would be done, step by step; changes nothing
  contain-host status [--expect STATE] [--json]
                              is this host contained, and what is open
  contain-host doctor [--json]
                              would containment work here, now, and if not, what to do
  contain-host --help | --version
`;

export const wrongArguments = `Invalid argument(s).\n${usage}`;
