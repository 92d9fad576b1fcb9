
# The words after `claude-admin run --`: the program itself knows which of them this account may run.
_claude-admin_words() {
    local index config=()
    for ((index = 1; index < COMP_CWORD; index++)); do
        if [[ ${COMP_WORDS[index]} == --config ]]; then
            config=(--config "${COMP_WORDS[index + 1]}")
        elif [[ ${COMP_WORDS[index]} == -- ]]; then
            local words=("${COMP_WORDS[@]:index + 1:COMP_CWORD - index}")
            mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" complete "${config[@]}" -- "${words[@]}" 2>/dev/null | cut -f1)
            return 0
        fi
    done
    GENERATED "$@"
}
complete -F _claude-admin_words -o nosort -o bashdefault -o default claude-admin
