"""What the 2-D lab says: sentences of a run, titles, captions, stages, curves. Knows no run."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str]] = {
    # -- the title of a run
    "{first}, {rest}": ("{first}，{rest}", "{first}，{rest}"),
    "{label} {value}": ("{label} {value}", "{label} {value}"),
    "Gaussian mixture": ("高斯混合", "高斯混合"),
    "autoencoder": ("自編碼器", "自编码器"),
    # -- what an update did
    "The {model} has no such update and waits at iteration {iteration:,}.": (
        "{model}沒有這種更新，停在第 {iteration:,} 次迭代等候。", "{model}没有这种更新，停在第 {iteration:,} 次迭代等候。"),
    "A new {model}: nothing is learned yet. Press Step.": (
        "新的 {model}：還沒學到任何東西。請按「一步」。", "新的 {model}：还没学到任何东西。请按“一步”。"),
    "{done} of EM: mean log-likelihood {value} nats per point.": (
        "EM 的{done}：平均對數似然為每點 {value} nats。", "EM 的{done}：平均对数似然为每点 {value} nats。"),
    "{done}: reconstruction {value} nats per point.": (
        "{done}：重建損失為每點 {value} nats。", "{done}：重建损失为每点 {value} nats。"),
    "{done}: reconstruction {value} nats per point, KL {kl}.": (
        "{done}：重建損失為每點 {value} nats，KL {kl}。", "{done}：重建损失为每点 {value} nats，KL {kl}。"),
    "real points {real} and generated points {generated}": (
        "真實點 {real}、生成點 {generated}", "真实点 {real}、生成点 {generated}"),
    " (its scores, scaled to 0..1)": ("（其分數，縮放到 0 到 1）", "（其分数，缩放到 0 到 1）"),
    "The critic": ("評論家", "评论家"),
    "the critic": ("評論家", "评论家"),
    "{judge} updated: it now gives {now}{scaled}.": (
        "{judge}已更新：現在給{now}{scaled}。", "{judge} 已更新：现在给{now}{scaled}。"),
    "G updated: {judge} now gives its points {score}{scaled}.": (
        "G 已更新：{judge} 現在給它的點 {score}{scaled}。", "G 已更新：{judge} 现在给它的点 {score}{scaled}。"),
    "{done}: {judge} gives {now}{scaled}.": ("{done}：{judge} 給{now}{scaled}。", "{done}：{judge} 给{now}{scaled}。"),
    "Iteration {now:,}": ("第 {now:,} 次迭代", "第 {now:,} 次迭代"),
    "Iterations {first:,} to {last:,}": ("第 {first:,} 到 {last:,} 次迭代", "第 {first:,} 到 {last:,} 次迭代"),
    "unknown": ("未知", "未知"),
    "Undone: {undone}. This is iteration {iteration:,} again.": (
        "已復原：{undone}。現在又是第 {iteration:,} 次迭代。", "已撤销：{undone}。现在又是第 {iteration:,} 次迭代。"),
    "the last iterations": ("最後的迭代", "最后的迭代"),
    "the D update": ("D 的更新", "D 的更新"),
    "the G update": ("G 的更新", "G 的更新"),
    "the last action": ("最後的動作", "最后的动作"),
    "Rewound to iteration {iteration:,}, the last moment at which every number is finite.": (
        "已回到第 {iteration:,} 次迭代，也就是所有數都有限的最後時刻。",
        "已回到第 {iteration:,} 次迭代，也就是所有数都有限的最后时刻。"),
    "This is iteration {iteration:,}, as it was. Play goes on from here.": (
        "這是當時的第 {iteration:,} 次迭代。播放會從這裡繼續。", "这是当时的第 {iteration:,} 次迭代。播放会从这里继续。"),
    "The run diverged at iteration {at:,}: the weights of the {network} are no longer finite. "
    "It stands at iteration {stands:,}, the last finite one.": (
        "訓練在第 {at:,} 次迭代發散：{network}的權重不再有限。現在停在第 {stands:,} 次迭代，最後一個有限的時刻。",
        "训练在第 {at:,} 次迭代发散：{network}的权重不再有限。现在停在第 {stands:,} 次迭代，最后一个有限的时刻。"),
    "generator": ("生成器", "生成器"),
    "discriminator": ("判別器", "判别器"),
    # -- where the run is computed
    "{backend}, seed {seed}": ("{backend}，種子 {seed}", "{backend}，种子 {seed}"),
    "{backend}, seed {seed}; this run is too long for its address to hold every click": (
        "{backend}，種子 {seed}；這次訓練太長，網址放不下每一次點擊", "{backend}，种子 {seed}；这次训练太长，网址放不下每一次点击"),
    # -- how the density of the target is known
    "Exact: the density of a Gaussian mixture.": ("精確：高斯混合的密度。", "精确：高斯混合的密度。"),
    "Exact: a uniform segment convolved with a Gaussian (error functions).": (
        "精確：均勻線段與高斯的摺積（誤差函數）。", "精确：均匀线段与高斯的卷积（误差函数）。"),
    "Exact: constant on 8 squares, zero elsewhere.": ("精確：在 8 個方格上為常數，其餘為零。", "精确：在 8 个方格上为常数，其余为零。"),
    "Exact: the curve is {count} Gaussians of standard deviation {sigma:g} in a row.": (
        "精確：這條曲線是 {count} 個標準差 {sigma:g} 的高斯排成一列。",
        "精确：这条曲线是 {count} 个标准差 {sigma:g} 的高斯排成一列。"),
    "Exact: {count:,} equal Gaussians of standard deviation {sigma:g}, one on each point.": (
        "精確：{count:,} 個相同的高斯，標準差 {sigma:g}，每個點上一個。",
        "精确：{count:,} 个相同的高斯，标准差 {sigma:g}，每个点上一个。"),
    # -- the visitor's own points
    "{total:,} points: {note}.": ("{total:,} 個點：{note}。", "{total:,} 个点：{note}。"),
    "kept where they are": ("留在原處", "留在原处"),
    "centred by subtracting ({x:.4g}, {y:.4g})": ("減去 ({x:.4g}, {y:.4g}) 以置中", "减去 ({x:.4g}, {y:.4g}) 以居中"),
    "{centred} and scaled by {scale:.4g}": ("{centred}，並縮放 {scale:.4g} 倍", "{centred}，并缩放 {scale:.4g} 倍"),
    "{limit:,} of the {total:,} points drawn at random (seed {seed})": (
        "從 {total:,} 個點中隨機抽出 {limit:,} 個（種子 {seed}）", "从 {total:,} 个点中随机抽出 {limit:,} 个（种子 {seed}）"),
    # -- titles of the canvas
    "Discriminator D(x): green says real, blue says generated": (
        "判別器 D(x)：綠色表示真實，藍色表示生成", "判别器 D(x)：绿色表示真实，蓝色表示生成"),
    "Critic, squashed: green scores high, blue scores low": (
        "評論家（壓縮後）：綠色分數高，藍色分數低", "评论家（压缩后）：绿色分数高，蓝色分数低"),
    "Density of the model, as a share of its highest value": ("模型的密度，以最高值為 1", "模型的密度，以最高值为 1"),
    "|D − D*|: how far D is from the best discriminator": ("|D − D*|：D 離最佳判別器有多遠", "|D − D*|：D 离最佳判别器有多远"),
    "Best discriminator D*(x) for these generated points": (
        "對這些生成點的最佳判別器 D*(x)", "对这些生成点的最佳判别器 D*(x)"),
    "Real and generated points": ("真實點與生成點", "真实点与生成点"),
    "D(x): green says real, blue says generated": ("D(x)：綠色表示真實，藍色表示生成", "D(x)：绿色表示真实，蓝色表示生成"),
    "critic: green scores high, blue scores low": ("評論家：綠色分數高，藍色分數低", "评论家：绿色分数高，蓝色分数低"),
    "density of the model": ("模型的密度", "模型的密度"),
    "|D − D*|": ("|D − D*|", "|D − D*|"),
    "best discriminator D*(x)": ("最佳判別器 D*(x)", "最佳判别器 D*(x)"),
    "real and generated points": ("真實點與生成點", "真实点与生成点"),
    # -- captions of the canvas
    "Watch the points climb to green ground until it all fades to ½.": (
        "看點爬上綠色的地，直到整片褪成 ½。", "看点爬上绿色的地，直到整片褪成 ½。"),
    "Watch the points climb; only differences of the score count.": (
        "看點往上爬；只有分數的差才重要。", "看点往上爬；只有分数的差才重要。"),
    "Look for blue between the modes, where no real point is.": (
        "看模態之間有沒有藍點，那裡沒有真實點。", "看模态之间有没有蓝点，那里没有真实点。"),
    "Where colour stays, D lags behind and the arrows mislead.": (
        "顏色還在的地方，D 落後，箭頭會誤導。", "颜色还在的地方，D 落后，箭头会误导。"),
    "On the line D* = ½ both kinds of points are equally likely.": (
        "在 D* = ½ 這條線上，兩種點機率相等。", "在 D* = ½ 这条线上，两种点概率相等。"),
    "Look for points between the modes, and for modes left out.": (
        "看模態之間的點，以及被漏掉的模態。", "看模态之间的点，以及被漏掉的模态。"),
    # -- an iteration in eight stages
    "Draw random latents z, and a batch of real points.": (
        "抽取隨機的潛在向量 z，以及一批真實點。", "抽取随机的隐变量 z，以及一批真实点。"),
    "G turns each z into a generated point.": ("G 把每個 z 變成一個生成點。", "G 把每个 z 变成一个生成点。"),
    "D judges both batches: it should say 1 to real and 0 to generated.": (
        "D 判斷兩個批次：對真實的應說 1，對生成的應說 0。", "D 判断两个批次：对真实的应说 1，对生成的应说 0。"),
    "D moves: its surface rises under real points and sinks under generated ones. G is frozen.": (
        "D 移動：曲面在真實點下升高，在生成點下降低。G 凍結。", "D 移动：曲面在真实点下升高，在生成点下降低。G 冻结。"),
    "Fresh latents z go through G.": ("新的潛在向量 z 通過 G。", "新的隐变量 z 通过 G。"),
    "D judges only the generated points.": ("D 只判斷生成的點。", "D 只判断生成的点。"),
    "The gradient of G's loss flows back through D: each arrow says where its point should go.": (
        "G 損失的梯度穿過 D 往回傳：每支箭頭說它的點該往哪裡走。", "G 损失的梯度穿过 D 往回传：每支箭头说它的点该往哪里走。"),
    "G moves: the generated points follow the arrows. D is frozen.": (
        "G 移動：生成的點沿著箭頭走。D 凍結。", "G 移动：生成的点沿着箭头走。D 冻结。"),
    # -- names of the curves that the table of numbers has not
    "V*, the best D": ("V*，最佳的 D", "V*，最佳的 D"),
    "floor": ("底線", "底线"),
    "iteration": ("迭代", "迭代"),
}  # fmt: skip
