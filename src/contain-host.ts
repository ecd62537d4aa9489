import { stopCoverage } from 'node:v8';
import { main } from './main';
import { exitCodes } from './outcome/exit-codes';
import { say } from './outcome/say';
import { thisHost } from './this-host';

// NODE_V8_COVERAGE in the environment would have Node write files for whoever set it.
stopCoverage();

main(thisHost(), process.argv.slice(2)).then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    say(`An unexpected error ended this: ${String(error)}. Ask "contain-host status".\n`);
    process.exit(exitCodes.uncertain);
  },
);
