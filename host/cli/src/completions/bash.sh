
# Completes the words of a command, with and without `run --`: the program returns the actions that this account can run.
# Bash splits a word at `=`. The function also runs in bash 3.2, which has no `mapfile` and no `nosort`.
_claude-admin_words() {
    local index config=() before=0
    if [[ ${COMP_WORDS[1]} != -* && " SUBCOMMANDS " != *" ${COMP_WORDS[1]} "* ]]; then
        before=1
    fi
    for ((index = 1 - before; index < COMP_CWORD; index++)); do
        if [[ ${COMP_WORDS[index]} == --config ]]; then
            [[ ${COMP_WORDS[index + 1]} == = ]] && index=$((index + 1))
            config=(--config "${COMP_WORDS[index + 1]}")
        elif [[ $before == 1 || ${COMP_WORDS[index]} == -- ]]; then
            local words=() word joins='' last
            for word in "${COMP_WORDS[@]:index + 1:COMP_CWORD - index}"; do
                last=$((${#words[@]} - 1))
                if [[ -n $joins || $word == = && $last -ge 0 ]]; then
                    words[last]+=$word
                    [[ $word == = ]] && joins=1 || joins=''
                else
                    words+=("$word")
                fi
            done
            COMPREPLY=()
            # The first word can be a subcommand too.
            [[ $before == 1 && $COMP_CWORD == 1 ]] && GENERATED "$@"
            while IFS=$'\t' read -r word _; do
                [[ $word == --*=* ]] && word=${word#*=}
                COMPREPLY+=("$word")
            done < <("${COMP_WORDS[0]}" complete ${config[@]+"${config[@]}"} -- "${words[@]}" 2>/dev/null)
            return 0
        fi
    done
    GENERATED "$@"
}
if [[ ${BASH_VERSINFO[0]} -eq 4 && ${BASH_VERSINFO[1]} -ge 4 || ${BASH_VERSINFO[0]} -gt 4 ]]; then
    complete -F _claude-admin_words -o nosort -o bashdefault -o default claude-admin
else
    complete -F _claude-admin_words -o bashdefault -o default claude-admin
fi
