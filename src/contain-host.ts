import { main } from './main';
import { exitCodes } from './outcome/exit-codes';
import { complain } from './outcome/output/say';
import { thisHost } from './this-host';

start().then(
  (exitCode) => process.exit(exitCode),
  () => {
    complain('An unexpected error ended this, and the state of this host is not known. Run "contain-host status".\n');
    process.exit(exitCodes.uncertain);
  },
);

async function start(): Promise<number> {
  // Whoever sets this variable would have Node write files.
  if (process.env.NODE_V8_COVERAGE) (await import('node:v8')).stopCoverage();
  return main(thisHost(), process.argv.slice(2));
}
