import { profileLabels } from '../../outcome/gaps';
import type { AllowList } from '../../policy/allow-list';
import type { Context, Outlook } from '../firewall';
import { judgeAhead } from './judge-reading';
import { type JudgementByProfile, judge } from './read/judge';
import { planned } from './read/reach';
import { type ProfileName, profileNames } from './read/stored-rule';
import { takeReading } from './reading';

/** What a containment would come to in each profile. Empty where the policy cannot be read. */
export async function outlookOf(context: Context, allowList: AllowList): Promise<Outlook[]> {
  const reading = await takeReading(context);
  if ('unreadable' in reading) return [];
  const unsealed = judge(planned(reading, allowList), allowList);
  const ahead = await judgeAhead(context, reading, allowList);
  return profileNames.map((name): Outlook => {
    const profile = profileLabels[name];
    if (ahead.openIn.includes(name)) return { profile, comesTo: 'open', why: whyOpen(ahead, name) };
    return { profile, comesTo: unsealed.openIn.includes(name) ? 'sealed' : 'contained' };
  });
}

/** Why a profile is open, as the gap says that `weigh` reports where the profile is not in force. */
function whyOpen({ weigh }: JudgementByProfile, name: ProfileName): string {
  const { gaps } = weigh(profileNames.filter((other) => other !== name));
  return gaps.find((gap) => gap.code === 'open' && gap.profile === name)?.detail.replace(/^.*?CONTAINED\. /, '') ?? '';
}
