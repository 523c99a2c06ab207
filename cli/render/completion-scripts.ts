/** Shells that completion is written for. */
export type Shell = 'bash' | 'zsh' | 'fish';

/*
 * Each script hands the words, as they were typed, to `shoal __complete`, which answers with a line for each candidate:
 * the word, a tab, its description. No script evaluates a word: what is typed may hold `$(…)`, and a name comes from
 * the daemon.
 */

/** Needs no package of completions. Bash cuts words at `=` and `:`, and completes only what follows. */
const bash = String.raw`# Completion of shoal for bash: source it, or write it to /etc/bash_completion.d/shoal.
_shoal() {
  local words=() word previous='' index line value head
  for ((index = 1; index <= COMP_CWORD; index++)); do
    word=${'${COMP_WORDS[index]}'}
    if [[ ${'${#words[@]}'} -gt 0 && ( $word == [=:]* || $previous == *[=:] ) ]]; then
      words[${'${#words[@]}'} - 1]+=$word
    else
      words+=("$word")
    fi
    previous=$word
  done
  head=''
  word=${'${words[${#words[@]} - 1]}'}
  [[ $word != *[=:]* ]] || head=${'${word%"${word##*[=:]}"}'}
  COMPREPLY=()
  while IFS=$'\t' read -r value line; do
    COMPREPLY+=("${'${value#"$head"}'}")
  done < <(command shoal __complete "${'${words[@]}'}" 2>/dev/null)
  if [[ ${'${#COMPREPLY[@]}'} -eq 1 && ${'${COMPREPLY[0]}'} == *= ]]; then compopt -o nospace; fi
}
complete -F _shoal shoal
`;

const zsh = String.raw`#compdef shoal
# Completion of shoal for zsh: write it to a file named _shoal in a folder of $fpath, or source it after compinit.
_shoal() {
  local -a values shown open shown_open
  local value line
  while IFS=$'\t' read -r value line; do
    if [[ $value == *= ]]; then
      open+=("$value") shown_open+=("$value${'${line:+  -- $line}'}")
    else
      values+=("$value") shown+=("$value${'${line:+  -- $line}'}")
    fi
  done < <(command shoal __complete "${'${(@Q)words[2,CURRENT]}'}" 2>/dev/null)
  (( ! ${'${#values}'} )) || compadd -l -d shown -a values
  (( ! ${'${#open}'} )) || compadd -l -S '' -d shown_open -a open
}
if [[ ${'${funcstack[1]-}'} == _shoal ]]; then _shoal "$@"; else compdef _shoal shoal; fi
`;

const fish = String.raw`# Completion of shoal for fish: write it to ~/.config/fish/completions/shoal.fish.
function __shoal_complete
    set -l words (commandline -opc) (commandline -ct)
    command shoal __complete $words[2..-1] 2>/dev/null
end
complete -c shoal -f -a '(__shoal_complete)'
`;

const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };

/** The script that a shell reads to complete command lines of `shoal`. */
export function completionScript(shell: Shell): string {
  return scripts[shell];
}
