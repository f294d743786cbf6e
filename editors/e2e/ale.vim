" The documented configuration in Vim with ALE, driven by hand. `:cquit` where something is not seen.
set nocompatible
packadd! ale
filetype plugin on
syntax on
" For the picture.
set background=light laststatus=2
let g:ale_linters = {'python': ['nnx']}
let g:ale_lint_on_text_changed = 'always'
let g:ale_lint_delay = 50
let g:ale_history_log_output = 1

call ale#linter#Define('python', {
\   'name': 'nnx',
\   'lsp': 'stdio',
\   'executable': 'nnx-lsp',
\   'command': '%e',
\   'project_root': function('getcwd'),
\})

function! Seen(code) abort
    return filter(copy(ale#engine#GetLoclist(bufnr(''))), {_, each -> get(each, 'code', '') ==# a:code})
endfunction

function! Word(code) abort
    let l:each = Seen(a:code)[0]
    return strpart(getline(l:each.lnum), l:each.col - 1, l:each.end_col - l:each.col + 1)
endfunction

function! Wait(what, condition) abort
    for l:_ in range(400)
        try
            if eval(a:condition)
                call writefile(['   ' . a:what], $NNX_SEEN, 'a')
                return
            endif
        catch
        endtry
        sleep 50m
    endfor
    call writefile(['never seen: ' . a:what, string(ale#engine#GetLoclist(bufnr('')))], $NNX_SEEN, 'a')
    cquit
endfunction

function! Picture() abort
    redraw!
    call writefile([], $NNX_PICTURE)
    for l:_ in range(400)
        if !filereadable($NNX_PICTURE)
            return
        endif
        sleep 50m
    endfor
endfunction

function! Run() abort
    edit model.py
    call Wait('a diagnostic at the right word', 'Word("NNX708") ==# "p=0.1"')
    call cursor(Seen('NNX708')[0].lnum, Seen('NNX708')[0].col)
    ALEHover
    call Wait('hover shows the rule''s page', 'execute("messages") =~# "keyword of PyTorch" || join(map(range(1, bufnr("$")), {_, n -> join(getbufline(n, 1, "$"))})) =~# "keyword of PyTorch"')
    call Picture()
    call append(line('$'), 'more = jax.random.uniform(nnx.Rngs(1), (2,))')
    doautocmd TextChanged
    call Wait('a mistake that is typed appears', 'Word("NNX101") ==# "nnx.Rngs(1)"')
    undo
    doautocmd TextChanged
    call Wait('undone, it goes', 'empty(Seen("NNX101"))')
    qall!
endfunction

call timer_start(200, {-> Run()})
