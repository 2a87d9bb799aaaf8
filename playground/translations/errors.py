"""Refusals: why a wish cannot be granted. Knows no setting."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str]] = {
    # -- visitors and runs
    "All {places} places are taken just now. You are number {position} in line; the page opens by itself when a "
    "place is free.": (
        "{places} 個位子目前都滿了。你排在第 {position} 位；有空位時網頁會自動開啟。",
        "{places} 个位子目前都满了。你排在第 {position} 位；有空位时网页会自动打开。"),
    "All {places} places are taken, and {waiting} visitors wait already. Try again in a few minutes, or run the "
    "playground on your own machine: two commands, see its README.": (
        "{places} 個位子都滿了，已有 {waiting} 人在等候。請過幾分鐘再試，或在自己的電腦上執行：只要兩行指令，見 README。",
        "{places} 个位子都满了，已有 {waiting} 人在等候。请过几分钟再试，或在自己的电脑上运行：只要两行命令，见 README。"),
    "This run is no longer on the server. It is being opened again from the page's address …": (
        "這次訓練已不在伺服器上。正在依網址重新開啟……", "这次训练已不在服务器上。正在按网址重新打开……"),
    "All {places} places were taken while nothing was pressed here. The page is being opened again, to wait in line "
    "for one …": (
        "你離開時，{places} 個位子都被占了。網頁正在重新開啟，以便排隊等候……",
        "你离开时，{places} 个位子都被占了。网页正在重新打开，以便排队等候……"),
    "All {places} places were taken while nothing was pressed here. This training is kept: reload the page to wait in "
    "line for one.": (
        "你離開時，{places} 個位子都被占了。這次訓練還保留著：請重新載入網頁以排隊等候。",
        "你离开时，{places} 个位子都被占了。这次训练还保留着：请重新加载网页以排队等候。"),
    "The worker process that held this run was lost. The run goes on elsewhere from iteration {iteration:,}, at most "
    "a second of training earlier.": (
        "執行這次訓練的行程中斷了。訓練已在別處從第 {iteration:,} 次迭代繼續，最多倒退一秒。",
        "运行这次训练的进程中断了。训练已在别处从第 {iteration:,} 次迭代继续，最多倒退一秒。"),
    "This run is still being opened: update {position:,} of {goal:,}. A moment more.": (
        "這次訓練還在開啟：第 {position:,} 次更新，共 {goal:,} 次。請再等一下。",
        "这次训练还在打开：第 {position:,} 次更新，共 {goal:,} 次。请再等一下。"),
    "{count} worker processes in turn were lost while this was done, so it is not tried again. The run stays as it "
    "was before.": (
        "執行這個動作時，接連有 {count} 個行程中斷，因此不再重試。訓練保持原狀。",
        "执行这个动作时，接连有 {count} 个进程中断，因此不再重试。训练保持原状。"),
    "No worker process answers just now. Try again in a moment; the page's address holds the run.": (
        "目前沒有行程回應。請稍後再試；網址裡有這次訓練。", "目前没有进程响应。请稍后再试；网址里有这次训练。"),
    "{places} visitors train faces just now, as many as this machine has memory for. You are number {position} in "
    "line; the training opens by itself when a place is free.": (
        "目前有 {places} 位訪客在訓練人臉，記憶體已滿。你排在第 {position} 位；有空位時會自動開始。",
        "目前有 {places} 位访客在训练人脸，内存已满。你排在第 {position} 位；有空位时会自动开始。"),
    "This training is no longer on the server. Reload the page to begin a new one.": (
        "這次訓練已不在伺服器上。請重新載入網頁以開始新的。", "这次训练已不在服务器上。请重新加载网页以开始新的。"),
    "{count} visitors train faces just now, and more would slow everyone down. You are number {position} in line: "
    "Play begins by itself. Step works meanwhile; press Play again to leave the line.": (
        "目前有 {count} 位訪客在訓練人臉，再多就會拖慢所有人。你排在第 {position} 位：輪到時會自動播放。"
        "這時「一步」仍可用；再按一次「播放」就離開排隊。",
        "目前有 {count} 位访客在训练人脸，再多就会拖慢所有人。你排在第 {position} 位：轮到时会自动播放。"
        "这时“一步”仍可用；再按一次“播放”就离开排队。"),
    "{count} visitors train faces just now, and too many wait in line. Step works meanwhile; try Play again in a "
    "minute.": (
        "目前有 {count} 位訪客在訓練人臉，排隊的人也太多了。這時「一步」仍可用；一分鐘後再按「播放」。",
        "目前有 {count} 位访客在训练人脸，排队的人也太多了。这时“一步”仍可用；一分钟后再按“播放”。"),
    "{waiting:,} wishes for faces wait already, and no more may; try again in a moment.": (
        "已有 {waiting:,} 個人臉的要求在等候，不能再多；請稍後再試。", "已有 {waiting:,} 个人脸的请求在等候，不能再多；请稍后再试。"),
    "Others are being served just now. You are number {position} in line; this begins by itself.": (
        "目前正在處理其他人的要求。你排在第 {position} 位；輪到時會自動開始。", "目前正在处理其他人的请求。你排在第 {position} 位；轮到时会自动开始。"),
    "It is your turn: this is being worked on now.": ("輪到你了：正在處理你的要求。", "轮到你了：正在处理你的请求。"),
    "{waiting:,} others wait in line already, and no more may; try again in a few minutes.": (
        "已有 {waiting:,} 人在排隊，不能再多；請過幾分鐘再試。", "已有 {waiting:,} 人在排队，不能再多；请过几分钟再试。"),
    "{name} is {value:,}, but must be at most {most:,} here.": (
        "{name} 是 {value:,}，但在這裡最多只能是 {most:,}。", "{name} 是 {value:,}，但在这里最多只能是 {most:,}。"),
    "Nothing to undo: this is the start of the run.": ("沒有可復原的：這是訓練的開頭。", "没有可撤销的：这是训练的开头。"),
    "Nothing diverged: there is nothing to rewind.": ("沒有發散：無須倒回。", "没有发散：无须倒回。"),
    "This model has no discriminator and no generator to update alone; press Step.": (
        "這個模型沒有可以單獨更新的判別器與生成器；請按「一步」。", "这个模型没有可以单独更新的判别器与生成器；请按“一步”。"),
    "Iteration {iteration:,} is not in this run; it must be 0 to {last:,}.": (
        "這次訓練沒有第 {iteration:,} 次迭代；必須是 0 到 {last:,}。", "这次训练没有第 {iteration:,} 次迭代；必须是 0 到 {last:,}。"),
    "There is no film yet: press Step or Play first.": ("還沒有動畫：請先按「一步」或「播放」。", "还没有动画：请先按“一步”或“播放”。"),
    # -- settings
    "{name} is {value}, but must be {allowed}.": ("{name} 是 {value}，但必須是{allowed}。", "{name} 是 {value}，但必须是{allowed}。"),
    "one of {names}": ("下列之一：{names}", "下列之一：{names}"),
    "{what} {low} and at most {high:.10g}": ("{low}、不超過 {high:.10g} 的{what}", "{low}、不超过 {high:.10g} 的{what}"),
    "{first} ({unit})": ("{first}（{unit}）", "{first}（{unit}）"),
    "a whole number": ("整數", "整数"),
    "a number": ("數", "数"),
    "above {low:g}": ("大於 {low:g}", "大于 {low:g}"),
    "at least {low:g}": ("至少 {low:g}", "至少 {low:g}"),
    "0 or 1": (" 0 或 1", " 0 或 1"),
    "true or false": (" true 或 false", " true 或 false"),
    "target is 'points', but target_points is empty: draw, paste or upload at least 2 points.": (
        "target 是 'points'，但 target_points 是空的：請畫出、貼上或上傳至少 2 個點。",
        "target 是 'points'，但 target_points 是空的：请画出、粘贴或上传至少 2 个点。"),
    "batch_size is {size}, but must be a multiple of packing ({packing}).": (
        "batch_size 是 {size}，但必須是 packing ({packing}) 的倍數。", "batch_size 是 {size}，但必须是 packing ({packing}) 的倍数。"),
    "label_smoothing is {value:g}, but the objective {objective!r} has no labels; it must be 0 there, or the "
    "objective one of {names}.": (
        "label_smoothing 是 {value:g}，但目標函數 {objective!r} 沒有標籤；此時必須為 0，或目標函數為下列之一：{names}。",
        "label_smoothing 是 {value:g}，但目标函数 {objective!r} 没有标签；此时必须为 0，或目标函数为下列之一：{names}。"),
    "discriminator_normalisation is 'batch', but a gradient penalty needs each point judged alone; it must be none, "
    "layer or spectral, or the penalties 0.": (
        "discriminator_normalisation 是 'batch'，但梯度懲罰需要逐點判斷；必須是 none、layer 或 spectral，或懲罰為 0。",
        "discriminator_normalisation 是 'batch'，但梯度惩罚需要逐点判断；必须是 none、layer 或 spectral，或惩罚为 0。"),
    "packing is {packing}, but BEGAN's discriminator rebuilds single points; it must be 1.": (
        "packing 是 {packing}，但 BEGAN 的判別器重建單個點；必須是 1。", "packing 是 {packing}，但 BEGAN 的判别器重建单个点；必须是 1。"),
    # -- Compare, links and points
    "{name} is {value} in the first run already; choose another value for the second.": (
        "第一次訓練的 {name} 已經是 {value}；請為第二次選別的值。", "第一次训练的 {name} 已经是 {value}；请为第二次选别的值。"),
    "Compare cannot change {name}: both runs share their target and their seed.": (
        "比較不能改 {name}：兩次訓練共用目標與種子。", "比较不能改 {name}：两次训练共用目标与种子。"),
    "Compare changes nothing: both runs would be the same; choose another value.": (
        "比較什麼都沒改：兩次訓練會相同；請選別的值。", "比较什么都没改：两次训练会相同；请选别的值。"),
    "The clicks hold updates of D or G alone, but model is {model!r}; only s is allowed.": (
        "點擊中有單獨更新 D 或 G，但 model 是 {model!r}；只允許 s。", "点击中有单独更新 D 或 G，但 model 是 {model!r}；只允许 s。"),
    "The drawing must have 2 to {most:,} points.": ("畫的點必須有 2 到 {most:,} 個。", "画的点必须有 2 到 {most:,} 个。"),
    "The file is not text in UTF-8; a CSV file with two columns is needed.": (
        "這個檔案不是 UTF-8 文字；需要兩欄的 CSV 檔。", "这个文件不是 UTF-8 文本；需要两列的 CSV 文件。"),
    "batch_size, depths, widths and numbers of updates make {work:.2g} multiplications in one iteration, but must make at most {most:.2g} here: lower one of them.": (
        "batch_size、深度、寬度與更新次數合起來讓一次迭代有 {work:.2g} 次乘法，但在這裡最多只能 {most:.2g} 次：請把其中一個調低。",
        "batch_size、深度、宽度与更新次数合起来让一次迭代有 {work:.2g} 次乘法，但在这里最多只能 {most:.2g} 次：请把其中一个调低。"),
    "What was sent is no value that this control can have; reload the page and try again.": (
        "送出的值不是這個控制項能有的值；請重新載入網頁再試。", "发送的值不是这个控件能有的值；请重新加载网页再试。"),
    "A file must be uploaded: no other path and no address is opened.": (
        "檔案必須上傳：不會開啟其他路徑或網址。", "文件必须上传：不会打开其他路径或网址。"),
    "The files are too large together: allowed are {most:,} bytes.": (
        "這些檔案合起來太大：最多 {most:,} 位元組。", "这些文件合起来太大：最多 {most:,} 字节。"),
    # -- memory
    "The device has no memory left for this. Lower batch_size, a width or a depth, or try again in a moment.": (
        "裝置的記憶體不足。請調低 batch_size、寬度或深度，或稍後再試。",
        "设备的内存不足。请调低 batch_size、宽度或深度，或稍后再试。"),
    # -- faces
    "{name} = {value}: allowed is a whole number from {low} to {high:,}.": (
        "{name} = {value}：只允許 {low} 到 {high:,} 的整數。", "{name} = {value}：只允许 {low} 到 {high:,} 的整数。"),
    "{name} = {value}: allowed are whole numbers from {low} to {high:,}.": (
        "{name} = {value}：只允許 {low} 到 {high:,} 的整數。", "{name} = {value}：只允许 {low} 到 {high:,} 的整数。"),
    "{name} = {value}: allowed is {low:g} to {high:g}.": (
        "{name} = {value}：只允許 {low:g} 到 {high:g}。", "{name} = {value}：只允许 {low:g} 到 {high:g}。"),
    "{name} = {value}: allowed is {names}.": ("{name} = {value}：只允許 {names}。", "{name} = {value}：只允许 {names}。"),
    "learning_rate = {rate}: allowed is more than 0 and at most 1.": (
        "learning_rate = {rate}：必須大於 0 且不超過 1。", "learning_rate = {rate}：必须大于 0 且不超过 1。"),
    "A setting is a list or a table: allowed are numbers and words.": (
        "有個設定是清單或表格：只允許數字與文字。", "有个设置是列表或表格：只允许数字与文字。"),
    "What the page asked for is not a table of settings.": ("網頁要求的不是設定表。", "网页请求的不是设置表。"),
    "This copy bundles no features of real faces: no face can be compared with them.": (
        "這份副本沒有附真實臉的特徵：無法比較。", "这份副本没有附带真实脸的特征：无法比较。"),
    "There is no picture yet: upload or paste one first.": ("還沒有圖片：請先上傳或貼上一張。", "还没有图片：请先上传或粘贴一张。"),
    "The picture is no longer there: upload or paste it again.": ("圖片已經不在了：請再上傳或貼上一次。", "图片已经不在了：请再上传或粘贴一次。"),
    "The pictures are no longer there: upload them again.": ("圖片已經不在了：請再上傳一次。", "图片已经不在了：请再上传一次。"),
    "colours = guess: this copy bundles no classifier, so allowed is any.": (
        "colours = guess：這份副本沒有附分類器，所以只允許 any。", "colours = guess：这份副本没有附带分类器，所以只允许 any。"),
    "The faces to learn from are still being drawn; a few seconds more.": (
        "要學的臉還在畫；再等幾秒。", "要学的脸还在画；再等几秒。"),
    "There are no faces {source}; upload images or name a data set.": (
        "沒有{source}臉；請上傳圖片，或指定資料集。", "没有{source}脸；请上传图片，或指定数据集。"),
    "faces = {count}: at least {least} are needed to learn from.": (
        "faces = {count}：至少需要 {least} 張才能學。", "faces = {count}：至少需要 {least} 张才能学。"),
}  # fmt: skip
