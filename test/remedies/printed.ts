/**
 * Commands that messages name outside of the classes of errors, by file and words, with the test that has them done and
 * words of it; or why there is nothing to do. Of what is put in, the dollar sign is left out.
 */
export const printed: Readonly<
  Record<string, { readonly test: string; readonly says: string } | { readonly why: string }>
> = {
  'agent/machine/addresses.ts: ensemble-agent with --address, or write address: to the environment': {
    test: 'test/regression/changed-address-reaches-relations.test.ts',
    says: '--address',
  },
  'agent/join-environment.ts: ensemble bootstrap -e {environment.name}': {
    test: 'test/regression/secret-closes-the-root.test.ts',
    says: 'till then the agent and commands say so',
  },
  'agent/disk/room-remark.ts: ensemble prune --removed {machine}': {
    test: 'test/regression/data-of-removed-units.test.ts',
    says: 'is named, with the command that removes it, where the disk is full',
  },
  'cli/commands/unhold-upgrade.ts: ensemble rollout abort {service}': {
    test: 'test/cli/hold-upgrade.test.ts',
    says: 'say at the end which units go on with the rollout that left them out',
  },
  'cli/commands/import.ts: ensemble status': {
    why: 'it only shows what is there: how the agents of the other machines are started',
  },
  'cli/follow/tell-kept.ts: ensemble prune --removed {first}': {
    test: 'test/regression/what-is-to-be-kept-stays-so.test.ts',
    says: 'is kept whatever else takes the unit along',
  },
  'cli/upgrade/candidate-lines.ts: ensemble deploy --repository {shellWord(repository)} --candidate {key} {formula}':
    {
      test: 'test/watcher/candidates.test.ts',
      says: 'no service runs blog, so it is tried by',
    },
  'cli/upgrade/candidate-lines.ts: ensemble upgrade-formula --candidate {key} --unit UNIT SERVICE': {
    test: 'test/watcher/candidates.test.ts',
    says: 'what is to be tried together is told to whoever tries one',
  },
  'cli/upgrade/sentences.ts: ensemble revert-formula {units}': {
    test: 'test/agent/candidate.test.ts',
    says: 'is tried in one unit, is no release, and the unit goes back',
  },
  'cli/upgrade/try-together.ts: ensemble revert-formula {units}': {
    test: 'test/agent/candidates-together.test.ts',
    says: 'all of it goes back by',
  },
  'control/status/next-of-rollout.ts: ensemble destroy-service {service}': {
    test: 'test/regression/a-promoted-clone-says-what-became-of-its-service.test.ts',
    says: 'is given nothing while it goes, and an abort then says how to finish',
  },
  'control/candidates/standing.ts: ensemble destroy-service {service.name}': {
    test: 'test/control/candidates/standing.test.ts',
    says: 'names the command that leads from it to a release',
  },
  'control/candidates/standing.ts: ensemble revert-formula {unit}': {
    test: 'test/agent/candidate.test.ts',
    says: 'is tried in one unit, is no release, and the unit goes back',
  },
  'control/candidates/standing.ts: ensemble upgrade-formula --candidate {mark.key} --unit {unit.name} {service.name}':
    {
      test: 'test/agent/candidate.test.ts',
      says: 'another commit is another formula',
    },
  'control/candidates/standing.ts: ensemble upgrade-formula {name}': {
    test: 'test/agent/candidate.test.ts',
    says: 'the release of its revision comes after it',
  },
  'control/deploy/same-deploy.ts: ensemble add-unit -n {wanted.units - count} {name}': {
    test: 'test/remedies/unit-rows.ts',
    says: 'more units, or fewer, as printed',
  },
  'control/deploy/same-deploy.ts: ensemble remove-unit UNIT': {
    test: 'test/remedies/unit-rows.ts',
    says: 'more units, or fewer, as printed',
  },
  'control/deploy/same-deploy.ts: ensemble add-unit --rest {name}': {
    test: 'test/regression/units-that-are-not-made.test.ts',
    says: 'go elsewhere where the machine that was named is gone, as is said',
  },
  'control/status/make-status-document.ts: ensemble add-unit --rest {name}': {
    test: 'test/regression/units-that-are-not-made.test.ts',
    says: 'of a deploy are told by status, with the command that makes them',
  },
  'cli/commands/upgrade-environment.ts: ensemble upgrade-environment': {
    test: 'test/cli/upgrade-environment.test.ts',
    says: 'half done',
  },
  'cli/status/version-lines.ts: ensemble upgrade-environment': {
    test: 'test/cli/upgrade-environment.test.ts',
    says: 'half upgraded',
  },
  'cli/status/version-lines.ts: ensemble upgrade-environment turns on {what}': {
    test: 'test/e2e/environment-of-an-old-release.test.ts',
    says: 'turns on canary, clone, holds, lockstep',
  },
  'cli/commands/hold-upgrade.ts: ensemble unhold-upgrade {name}': {
    test: 'test/remedies/printed-rows.ts',
    says: 'hold-upgrade names what ends it',
  },
  'cli/commands/upgrade-policy.ts: ensemble watcher status': {
    test: 'test/cli/upgrade-policy.test.ts',
    says: 'is shown and set, keeps what is not named, and says where nobody acts on it',
  },
  'watcher/outbox/open-announcer.ts: ensemble watcher retry {id}': {
    test: 'test/cli/watcher.test.ts',
    says: 'names the commands that show what is in line, and try again what was given up',
  },
  'cli/watching/check.ts: ensemble watcher status': {
    test: 'test/cli/watcher.test.ts',
    says: 'is asked to look at once, and says what came of it, or that nobody looks',
  },
  'cli/watching/check.ts: ensemble watcher repositories': {
    test: 'test/cli/watcher.test.ts',
    says: 'is asked to look at once, and says what came of it, or that nobody looks',
  },
  'cli/watching/late.ts: ensemble watcher resume': {
    test: 'test/regression/what-is-newer-says-that-the-watcher-is-paused.test.ts',
    says: 'and status names the command that ends the pause',
  },
  'cli/commands/newer.ts: ensemble newer --refresh': {
    test: 'test/regression/what-is-newer-says-that-the-watcher-is-paused.test.ts',
    says: 'and the command that asks all the same',
  },
  'cli/watching/late.ts: ensemble watcher status': {
    test: 'test/cli/watcher.test.ts',
    says: 'names the command that shows which repositories cannot be asked',
  },
  'cli/watching/pause.ts: ensemble watcher resume': {
    test: 'test/cli/watcher.test.ts',
    says: 'is paused and resumed, once each, and says who did so and what ends it',
  },
  'cli/watching/status.ts: ensemble watcher resume': {
    test: 'test/cli/watcher.test.ts',
    says: 'is paused and resumed, once each, and says who did so and what ends it',
  },
  'cli/watching/reports.ts: ensemble watcher reports': {
    test: 'test/cli/watcher.test.ts',
    says: 'lists its reports, by what is asked of them, and shows one with its log',
  },
  'cli/watching/report-lines.ts: ensemble watcher report --log {report.id}': {
    test: 'test/cli/watcher.test.ts',
    says: 'lists its reports, by what is asked of them, and shows one with its log',
  },
  'cli/watching/status.ts: ensemble watcher deliveries': {
    test: 'test/cli/watcher.test.ts',
    says: 'names the commands that show what is in line, and try again what was given up',
  },
  'cli/watching/status.ts: ensemble watcher retry': {
    test: 'test/cli/watcher.test.ts',
    says: 'names the commands that show what is in line, and try again what was given up',
  },
  'cli/watching/repositories.ts: ensemble watcher status': {
    test: 'test/cli/watcher.test.ts',
    says: 'is said to be nobody where none ever ran, by commands that lead to each other',
  },
  'cli/watching/status.ts: ensemble watcher repositories': {
    test: 'test/cli/watcher.test.ts',
    says: 'names the command that shows which repositories cannot be asked',
  },
  'cli/commands/repository.ts: ensemble repository add NAME URL': {
    test: 'test/cli/repository.test.ts',
    says: 'is named where there is none',
  },
  'cli/newer/offers.ts: ensemble upgrade-formula --dry-run --revision {offer.revision} {service}': {
    test: 'test/cli/newer.test.ts',
    says: 'names commands that take what it shows',
  },
  'cli/newer/offers.ts: ensemble upgrade-formula --revision {offer.revision} {service}': {
    test: 'test/cli/newer.test.ts',
    says: 'names commands that take what it shows',
  },
  'cli/notices/notice-lines.ts: ensemble newer': {
    test: 'test/cli/notices/notice-lines.test.ts',
    says: 'are cut off at a handful, with the command that shows all',
  },
  'control/rollout/blockers.ts: ensemble resolved --retry {unit.name} {relation}': {
    test: 'test/control/rollout/decide.test.ts',
    says: 'names what keeps each unit',
  },
  'control/rollout/blockers.ts: ensemble resolved --retry {name}': {
    test: 'test/control/rollout/decide.test.ts',
    says: 'names what keeps each unit',
  },
  'control/status/next-of-rollout.ts: ensemble rollout {verb} {service}': {
    test: 'test/walk/upgrades.test.ts',
    says: 'ensemble rollout retry f',
  },
  'control/status/next-of-rollout.ts: ensemble add-unit -n {lack} {clone}': {
    test: 'test/regression/a-clone-is-promoted-as-it-was-tried.test.ts',
    says: 'takes the place of more units than it has by force alone',
  },
  'control/rollout/decide-clone.ts: ensemble resolved --retry {unit.name}': {
    test: 'test/control/rollout/decide-clone.test.ts',
    says: 'names what ends the error of a unit that is to go',
  },
  'state/formula/upgrade-command.ts: ensemble upgrade-formula {words}': {
    test: 'test/regression/a-named-upgrade-names-its-revision.test.ts',
    says: 'takes the unit to what its rollout leads to, and to nothing newer',
  },
  'control/rollout/blockers.ts: ensemble revert-formula {name}': {
    test: 'test/control/rollout/decide.test.ts',
    says: 'one on a later formula is taken back by itself',
  },
  'control/rollout/blockers.ts: ensemble revert-formula {service}': {
    test: 'test/control/upgrade/revert-aborted.test.ts',
    says: 'goes on where somebody aborted it half-way',
  },
  'cli/status/unit-lines.ts: ensemble revert-formula {names}': {
    test: 'test/cli/status/behind-lines.test.ts',
    says: 'names what takes units to the formula of their service',
  },
  'cli/status/unit-lines.ts: ensemble rollout status {service}': {
    why: 'it shows how far the rollout is, which goes on by itself',
  },
  'control/rollout/blockers.ts: ensemble status': {
    test: 'test/control/rollout/decide.test.ts',
    says: 'names what keeps each unit',
  },
  'control/status/attention.ts: ensemble prune --removed {who}': {
    test: 'test/regression/data-of-removed-units.test.ts',
    says: 'needs attention where less is free than is kept',
  },
  'cli/status/kept-lines.ts: ensemble prune --removed --dry-run': {
    test: 'test/regression/data-of-removed-units.test.ts',
    says: 'is put aside, said in history, status and machines, and goes by a command of its own',
  },
  'agent/environment/home-environment.ts: ensemble bootstrap -e {resident.environment}': {
    test: 'test/regression/state-that-is-not-the-one-known.test.ts',
    says: 'waits where there is none any more, says how to go on',
  },
  'agent/environment/home-environment.ts: ensemble-agent --accept-state': {
    why: 'it signs an entry of the history: who asked, and no advice',
  },
  'agent/environment/own-command.ts: ensemble-agent{choiceOf(environment)} {which}': {
    test: 'test/remedies/agent-rows.ts',
    says: '--accept-state, as printed: the units follow the state',
  },
  'agent/hosting/lives.ts: ensemble-agent on {parts.machine}': {
    why: 'it signs a request: who asked, and no advice',
  },
  'agent/run.ts: ensemble-agent --help)': { test: 'test/agent/main.test.ts', says: '--help' },
  'agent/run.ts: ensemble-agent -e production --machine web1': {
    why: 'an example of --help: the environment production is the reader’s',
  },
  'agent/postpone/decide.ts: ensemble run {who} -- upgrade-proceed --unit {unit}': {
    test: 'test/agent/postpone/related-units.test.ts',
    says: 'hold it, which everybody sees, over a restart, until they have it proceed',
  },
  'agent/postpone/decide.ts: ensemble run {unit} upgrade-proceed': {
    test: 'test/agent/postpone/upgrade-pending.test.ts',
    says: 'holds it where the hook fails, until an operator has it proceed',
  },
  'agent/relation/relation-facts.ts: ensemble resolved --retry {unit} {identifier}': {
    test: 'test/remedies/printed-rows.ts',
    says: 'a relation whose hook waits names what runs it at once',
  },
  'agent/report/facts.ts: ensemble abort {unit}': {
    test: 'test/regression/abort-a-hanging-hook.test.ts',
    says: 'names the hook that hangs, ends its group',
  },
  'agent/report/facts.ts: ensemble resolved --retry {unit}': {
    test: 'test/regression/a-hook-that-waits-for-its-retry.test.ts',
    says: 'resolved --retry runs it now, and it waits again where it fails again',
  },
  'agent/report/facts.ts: ensemble set --undo {service} (takes back the last set)': {
    test: 'test/regression/undo-is-named-where-it-helps.test.ts',
    says: 'is named by the unit that the last set put in error, and leads out',
  },
  'agent/report/facts.ts: ensemble resolved --retry {record.unit}': {
    test: 'test/regression/a-hook-that-waits-for-its-retry.test.ts',
    says: 'resolved --retry runs it now, and it waits again where it fails again',
  },
  'agent/operations/parting.ts: ensemble resolved --retry {unit} {identifier}': {
    test: 'test/regression/relations-follow-the-units-own-formula.test.ts',
    says: 'resolved --retry',
  },
  'agent/contract/failure-advice.ts: ensemble resolved --retry {unit}': {
    test: 'test/remedies/unit-rows.ts',
    says: 'resolved --retry, once the cause is mended',
  },
  'agent/contract/failure-advice.ts: ensemble upgrade-formula {service}': {
    test: 'test/remedies/unit-rows.ts',
    says: 'upgrade-formula, which stores it again',
  },
  'cli/commands/abort.ts: ensemble status': {
    why: 'it shows how far it is; that the abort goes through is the row of hook-aborted',
  },
  'cli/commands/add-relation.ts: ensemble status': {
    why: 'it shows how far the units are that a relation added, and ends nothing',
  },
  'cli/commands/bootstrap.ts: ensemble deploy{choice} --repository DIRECTORY FORMULA': {
    test: 'test/remedies/printed-rows.ts',
    says: 'bootstrap names the agent and the first deploy',
  },
  'control/environment/bootstrap.ts: ensemble stores formulas here\\n': {
    why: 'the content of the object by which a storage is tried, and no command',
  },
  'cli/commands/cordon.ts: ensemble uncordon {name}': {
    test: 'test/remedies/printed-rows.ts',
    says: 'cordon names what undoes it',
  },
  'cli/commands/debug-log.ts: ensemble status': {
    why: 'it shows the names there are, as in the row of unit-not-found',
  },
  'cli/commands/deploy.ts: ensemble add-relation {name} SERVICE': {
    test: 'test/remedies/printed-rows.ts',
    says: 'deploy names the relation by which a subordinate gets its units',
  },
  'cli/commands/deploy.ts: ensemble deploy --repository {directory} {name}': {
    test: 'test/remedies/printed-rows.ts',
    says: 'deploy of a directory names the repository it is in',
  },
  'cli/commands/destroy-service.ts: ensemble status {service}': {
    why: 'it shows how far a service is that goes, as in the row of service-destroying',
  },
  'cli/commands/history.ts: ensemble history': {
    why: 'it shows what was asked for without the choice that nothing fits, as in test/cli/history.test.ts',
  },
  'cli/commands/remove-relation.ts: ensemble status': {
    why: 'it shows how far a relation is that ends, and ends nothing',
  },
  'cli/commands/remove-unit.ts: ensemble status': {
    test: 'test/remedies/printed-rows.ts',
    says: 'what goes on after a command names where to see it',
  },
  'cli/commands/resolved.ts: ensemble resolved --retry {unit} {name}': {
    test: 'test/regression/resolved-of-a-service.test.ts',
    says: 'of a unit in error with a relation in error: names that too, and the command',
  },
  'cli/commands/resolved.ts: ensemble status {service}': {
    why: 'it shows how far a unit is that was resolved, and resolves nothing',
  },
  'cli/commands/set.ts: ensemble history {service}': {
    why: 'it shows what others set meanwhile, and ends nothing',
  },
  'cli/follow/left-behind-lines.ts: ensemble history {service}': {
    why: 'it shows what hooks left in formulas, as in test/regression/state-left-in-formulas.test.ts, and ends nothing',
  },
  'control/deploy/same-deploy.ts: ensemble set {service} {changes}': {
    test: 'test/regression/interrupted-deploy-goes-on.test.ts',
    says: 'ensemble set guestbook title=VALUE',
  },
  'cli/observing/tell-run.ts: ensemble history {unit}': {
    why: 'it shows whether the command began after all, and ends nothing',
  },
  'cli/follow/follow-and-tell.ts: ensemble history {service}': {
    why: 'it shows who destroyed the service that was followed, and there is nothing to be over',
  },
  'cli/follow/summary.ts: ensemble abort {unit}{so}': {
    test: 'test/regression/set-follows-its-units.test.ts',
    says: 'and says of a hook that hangs how it is ended',
  },
  'cli/status/status-table.ts: ensemble machines': {
    why: 'it shows the machines that host no unit of what was asked for, and there is nothing to be over',
  },
  'cli/follow/summary.ts: ensemble history {goal.service}': {
    why: 'it shows who had the units go back, and there is nothing to be over',
  },
  'cli/follow/summary.ts: ensemble history {service}': {
    why: 'it shows who called off what was followed, and there is nothing to be over',
  },
  'cli/follow/summary.ts: ensemble resolved --retry {unit}': {
    why: 'what stands in the place of a unit’s own `next`, which each release since 0.1.0 writes',
  },
  'cli/follow/summary.ts: ensemble set --undo {service}': {
    test: 'test/regression/set-follows-its-units.test.ts',
    says: 'and exits 1 where one fails, with the reason and the commands',
  },
  'cli/follow/summary.ts: ensemble status': {
    why: 'it shows the node that cannot be read, as in test/cli/status.test.ts',
  },
  'cli/follow/summary.ts: ensemble status {goal.service}': {
    test: 'test/remedies/printed-rows.ts',
    says: 'following that ran out of time names where to see the rest',
  },
  'cli/follow/summary.ts: ensemble status {service}': {
    test: 'test/regression/follower-comes-to-its-end.test.ts',
    says: 'interrupted after somebody reverted: it is not said that the upgrade goes on',
  },
  'cli/observing/tell-run.ts: ensemble abort {unit}': {
    test: 'test/regression/abort-a-hanging-hook.test.ts',
    says: 'ends a command of `run`, which says so',
  },
  'cli/invocation/session.ts: ensemble bootstrap {urlOptions(environment)}': {
    test: 'test/remedies/command-line-rows.ts',
    says: 'bootstrap with the URLs it was asked with',
  },
  'cli/invocation/session.ts: ensemble bootstrap{session.choice}': {
    test: 'test/regression/secret-closes-the-root.test.ts',
    says: 'till then the agent and commands say so',
  },
  'control/start-advice.ts: ensemble-agent{choice}': {
    test: 'test/remedies/unit-rows.ts',
    says: 'the agent that is named',
  },
  'control/status/attention.ts: ensemble abort {who}': {
    test: 'test/regression/abort-a-hanging-hook.test.ts',
    says: 'names the hook that hangs, ends its group',
  },
  'cli/status/status-table.ts: ensemble add-relation {name}:{relation} SERVICE': {
    test: 'test/remedies/printed-rows.ts',
    says: 'status names the relation that a service needs',
  },
  'cli/status/status-table.ts: ensemble deploy --repository DIRECTORY FORMULA': {
    test: 'test/remedies/printed-rows.ts',
    says: 'status names the first agent and the first deploy',
  },
  'cli/upgrade/sentences.ts: ensemble resolved --retry {unit}': {
    test: 'test/cli/upgrade-formula.test.ts',
    says: 'lets units in an error state wait, lists them, and says how they go on',
  },
  'cli/upgrade/sentences.ts: ensemble upgrade-formula {service}': {
    test: 'test/remedies/printed-rows.ts',
    says: 'units that were left out name what takes them along',
  },
  'cli/upgrade/sentences.ts: ensemble upgrade-formula --force {service}': {
    test: 'test/remedies/remedies.test.ts',
    says: 'the second upgrade-formula fails, and --force goes there',
  },
  'cli/upgrade/sentences.ts: ensemble upgrade-formula --force {service}, or ensemble resolved {unit}': {
    test: 'test/remedies/remedies.test.ts',
    says: 'its upgrade waits until: ensemble upgrade-formula --force --revision 3 f, or',
  },
  'hooks/client/perl-client.ts: ensemble-agent running?\\n': {
    why: 'a question to who calls a tool by hand; agent-down starts the agent',
  },
  'hooks/client/perl-client.ts: ensemble-agent runs (ENSEMBLE_AGENT_SOCKET and ENSEMBLE_CLIENT_ID are not set)\\n':
    { why: 'a sentence that says where tools work, and no command' },
  'hooks/tools/status-set.ts: ensemble status to show': {
    why: 'a sentence of a tool’s help, and no command',
  },
  'control/cordon.ts: ensemble uncordon {first}': {
    test: 'test/remedies/unit-rows.ts',
    says: 'uncordon, as printed, where every machine is cordoned',
  },
  'cli/commands/index-repository.ts: ensemble index --sign KEY {shellWord(directory)}': {
    test: 'test/cli/sign.test.ts',
    says: 'warns where an index that was signed is not any more',
  },
  'control/publish/raise-revision.ts: ensemble sign --key KEY FOLDER, and leave the option out that raises it':
    {
      test: 'test/remedies/trust-rows.ts',
      says: 'writing the revision instead of raising it',
    },
  'control/repositories/index-judge.ts: ensemble index --sign KEY DIRECTORY': {
    test: 'test/remedies/trust-rows.ts',
    says: 'signing the index',
  },
  'state/formula/trust/check-signature.ts: ensemble sign --key KEY FOLDER': {
    test: 'test/remedies/trust-rows.ts',
    says: 'signing it',
  },
  'state/formula/repositories/s3-index.ts: ensemble index DIRECTORY, and copy the directory into the bucket':
    {
      test: 'test/state/formula/repositories/s3-index.test.ts',
      says: 'is named with what makes one where there is none',
    },
  'state/formula/repositories/index-offers.ts: ensemble index DIRECTORY': {
    test: 'test/state/formula/repositories/http-index.test.ts',
    says: 'is told of with what helps',
  },
  'state/formula/repositories/http-index.ts: ensemble index DIRECTORY': {
    test: 'test/cli/index.test.ts',
    says: 'is named where a web server shows none',
  },
  'state/model/start-advice.ts: ensemble-agent{choice} --machine {machine}': {
    test: 'test/remedies/agent-rows.ts',
    says: 'the agent, started as it is printed',
  },
  'agent/report/facts.ts: ensemble resolved {unit} (removes it all the same)': {
    test: 'test/walk/units.test.ts',
    says: 'that cannot stop',
  },
  'agent/report/facts.ts: ensemble resolved {unit} (takes it to {upgrade.to.id} all the same)': {
    test: 'test/regression/a-way-back-that-cannot-be-mended.test.ts',
    says: 'is taken as done by the command that status names',
  },
  'agent/report/facts.ts: ensemble revert-formula {unit} (takes it back to {upgrade.from.id})': {
    test: 'test/walk/upgrades.test.ts',
    says: 'whose hook fails for good on one of five units',
  },
  'cli/follow/summary.ts: ensemble revert-formula {service}': {
    test: 'test/walk/upgrades.test.ts',
    says: 'of the wrong service',
  },
  'cli/follow/summary.ts: ensemble upgrade-formula {service}': {
    test: 'test/walk/upgrades.test.ts',
    says: 'go on with a mended one',
  },
  'control/status/attention.ts: ensemble remove-machine --force {who}': {
    test: 'test/walk/machines.test.ts',
    says: 'is lost for good',
  },
  'cli/status/unit-lines.ts: ensemble status --behind': {
    test: 'test/walk/upgrades.test.ts',
    says: 'not on the newest',
  },
  'cli/commands/remove-machine.ts: ensemble add-unit -n {count} {service}': {
    test: 'test/walk/machines.test.ts',
    says: 'that is lost for good',
  },
};
