/**
 * How a skill gets to an agent: the folders where the common agents look, and the commands that put a skill there.
 *
 * Names and sources are anybody's. What goes into a command is checked against a short list of characters, none of which
 * means anything to a shell, and what has others gets no command: nothing here has to be quoted, or is quoted wrongly.
 */

/** @typedef {'user' | 'project'} Scope for all projects of a user, or for the one whose folder the terminal is in */

/**
 * `id`: what the installer calls the agent; where it is missing, the installer asks.
 * @type {{ id?: string, name: string, user: string, project: string }[]} each with the page that says so, read in November 2026
 */
export const AGENTS = [
  { id: 'claude-code', name: 'Claude Code', user: '~/.claude/skills', project: '.claude/skills' }, // https://code.claude.com/docs/en/skills
  { id: 'codex', name: 'Codex', user: '~/.agents/skills', project: '.agents/skills' }, // https://developers.openai.com/codex/skills
  { id: 'cursor', name: 'Cursor', user: '~/.cursor/skills', project: '.cursor/skills' }, // https://cursor.com/docs/context/skills
  { id: 'gemini-cli', name: 'Gemini CLI', user: '~/.gemini/skills', project: '.gemini/skills' }, // https://geminicli.com/docs/cli/creating-skills
  // https://docs.github.com/en/copilot/concepts/agents/about-agent-skills
  { id: 'github-copilot', name: 'GitHub Copilot', user: '~/.copilot/skills', project: '.github/skills' },
  { name: 'Another agent', user: '~/.agents/skills', project: '.agents/skills' }, // https://agentskills.io, where agents follow it
];

/** Letters, digits and single marks between them: no path, no option, no word of a shell. */
const PLAIN_NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/i;
const MAX_NAME_CHARS = 64;
/** `owner/repository`, by itself or as an address of GitHub, which may lead further in. */
const REPOSITORY = /^(?:https:\/\/github\.com\/)?([a-z0-9]+(?:-[a-z0-9]+)*)\/([a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)$/i;
const DEEPER = /^(https:\/\/github\.com\/[^/?#]+\/[^/?#]+?)(?:\.git)?(?:[/?#].*)?$/i;

/** Whether a name can stand in a command and be the name of a folder. @param {string} name */
export function isPlainName(name) {
  return name.length <= MAX_NAME_CHARS && PLAIN_NAME.test(name);
}

/** @param {import('../../client.js').Route} route @returns {string | null} `owner/repository` where its source is one of GitHub */
export function repositoryOf({ source = '', own }) {
  if (own) return null; // It is the name of a folder.
  const [, owner, repository] = REPOSITORY.exec(DEEPER.exec(source)?.[1] ?? source) ?? [];
  return owner ? `${owner}/${repository}` : null;
}

/** The name under which a browser saves the file. @param {string} name of the skill */
export function savedName(name) {
  return isPlainName(name) ? `${name}-SKILL.md` : 'SKILL.md';
}

/** Puts the saved file in its place. @param {string} name a plain one @param {string} folder of an agent */
export function placeCommand(name, folder) {
  return `mkdir -p ${folder}/${name} && mv ~/Downloads/${savedName(name)} ${folder}/${name}/SKILL.md`;
}

/**
 * Fetches the whole skill: https://github.com/vercel-labs/skills.
 * @param {string} repository as `repositoryOf` gives it @param {string} name a plain one @param {string | undefined} agent @param {Scope} scope
 */
export function addCommand(repository, name, agent, scope) {
  return ['npx skills add', repository, '--skill', name, ...(agent ? ['--agent', agent] : []), ...(scope === 'user' ? ['--global'] : [])].join(' ');
}
