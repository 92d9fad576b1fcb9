
# Completes the words of a command, with and without `run --`: the program returns the actions that this account can run.
_claude-admin_words() {
    local -a typed offered subcommands
    local line at
    typed=("${(@)words[2,CURRENT]}")
    subcommands=(SUBCOMMANDS)
    if [[ ${typed[1]} == -* ]]; then
        _claude-admin "$@"
        return
    fi
    if (( ${subcommands[(Ie)${typed[1]}]} )); then
        at=${typed[(ie)--]}
        if [[ ${typed[1]} != run ]] || (( at >= ${#typed} )); then
            _claude-admin "$@"
            return
        fi
        typed=("${(@)typed[at + 1,-1]}")
    fi
    for line in "${(@f)$(claude-admin complete -- "${(@)typed}" 2>/dev/null)}"; do
        [[ -n $line ]] && offered+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    _describe -t commands command offered
    (( CURRENT == 2 )) && _claude-admin "$@"
}
compdef _claude-admin_words claude-admin
