"""Words of the page's scripts: layers, numbers and their explanations, diagram, drawing, hover. Knows no script."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str]] = {
    # -- the view
    "Waiting for the first picture …": ("正在等第一張圖…", "正在等第一张图…"),
    "{title}, iteration {iteration}": ("{title}，第 {iteration} 次迭代", "{title}，第 {iteration} 次迭代"),
    "{stage} of {stages}. {words}": ("{stage}／{stages}：{words}", "{stage}／{stages}：{words}"),
    "iteration {shown}": ("第 {shown} 次迭代", "第 {shown} 次迭代"),
    "iteration {shown} of {last}": ("第 {shown} 次迭代，共 {last} 次", "第 {shown} 次迭代，共 {last} 次"),
    "pale: {title}": ("淡線：{title}", "淡线：{title}"),
    "thin: {title}": ("細線：{title}", "细线：{title}"),
    "Save as PNG": ("存成 PNG", "存成 PNG"),
    "Show everything": ("顯示全部", "显示全部"),
    "Zoom": ("縮放", "缩放"),
    "Pan": ("平移", "平移"),
    "Zoom in": ("放大", "放大"),
    "Zoom out": ("縮小", "缩小"),
    # -- layers
    "Layers of the canvas": ("畫布的圖層", "画布的图层"),
    "surface": ("曲面", "曲面"),
    "What the discriminator thinks of every place (or the density of the model)": (
        "判別器對每個位置的看法（或模型的密度）", "判别器对每个位置的看法（或模型的密度）"),
    "real": ("真實", "真实"),
    "Points of the target": ("目標的點", "目标的点"),
    "generated": ("生成", "生成"),
    "Points that the model draws": ("模型畫出的點", "模型画出的点"),
    "arrows": ("箭頭", "箭头"),
    "Where the gradient of the loss in use pushes each generated point; VAE, autoencoder: from a real point to its copy": (
        "目前損失的梯度把每個生成點推往哪裡；VAE、自編碼器：從真實點到其重建",
        "当前损失的梯度把每个生成点推往哪里；VAE、自编码器：从真实点到其重建"),
    "latent grid": ("潛在網格", "隐空间网格"),
    "A square grid of latent space after G": ("潛在空間的方格網經過 G 之後", "隐空间的方格网经过 G 之后"),
    "D* = ½": ("D* = ½", "D* = ½"),
    "The line where the best discriminator is undecided": ("最佳判別器無法決定的線", "最佳判别器无法决定的线"),
    "How far D is from the best discriminator, in place of the surface": (
        "D 離最佳判別器有多遠（取代曲面）", "D 离最佳判别器有多远（取代曲面）"),
    "trails": ("軌跡", "轨迹"),
    "Where the generated points came from": ("生成點從哪裡來", "生成点从哪里来"),
    # -- numbers
    "D(real)": ("D(真實)", "D(真实)"),
    "Mean of D over the batch of real points.": ("D 在一批真實點上的平均。", "D 在一批真实点上的平均。"),
    "D(generated)": ("D(生成)", "D(生成)"),
    "Mean of D over the batch of generated points.": ("D 在一批生成點上的平均。", "D 在一批生成点上的平均。"),
    "loss of D": ("D 的損失", "D 的损失"),
    "The loss that D lowers.": ("D 要降低的損失。", "D 要降低的损失。"),
    "loss of G": ("G 的損失", "G 的损失"),
    "The loss that G lowers.": ("G 要降低的損失。", "G 要降低的损失。"),
    "loss": ("損失", "损失"),
    "Whole loss, nats per point.": ("整個損失，每點的 nats。", "整个损失，每点的 nats。"),
    "reconstruction": ("重建", "重建"),
    "Part of the loss: x against its decoded code.": ("損失的一部分：x 與其碼解碼後之差。", "损失的一部分：x 与其码解码后之差。"),
    "KL of the code": ("碼的 KL", "码的 KL"),
    "Part of the loss: the code against its prior.": ("損失的一部分：碼與先驗之差。", "损失的一部分：码与先验之差。"),
    "V(D)": ("V(D)", "V(D)"),
    "Value of the game for this D, in nats; never above V*.": (
        "這個 D 的賽局價值（nats）；不會超過 V*。", "这个 D 的博弈价值（nats）；不会超过 V*。"),
    "V*": ("V*", "V*"),
    "Value for the best D: −log 4 + 2 JSD.": ("最佳 D 的價值：−log 4 + 2 JSD。", "最佳 D 的价值：−log 4 + 2 JSD。"),
    "gap V* − V": ("差距 V* − V", "差距 V* − V"),
    "What D could still gain.": ("D 還能增加多少。", "D 还能增加多少。"),
    "modes covered": ("涵蓋的模態", "覆盖的模态"),
    "Modes with a generated point within 3 sigma.": ("3 sigma 內有生成點的模態。", "3 sigma 内有生成点的模态。"),
    "high quality": ("高品質", "高质量"),
    "Share of generated points within 3 sigma of a mode. The tick is the ceiling of a perfect sampler.": (
        "離某個模態 3 sigma 以內的生成點比例。刻度是完美取樣的上限。", "离某个模态 3 sigma 以内的生成点比例。刻度是完美采样的上限。"),
    "stray": ("離群", "离群"),
    "Share of generated points beyond 3 sigma of every mode.": (
        "離每個模態都超過 3 sigma 的生成點比例。", "离每个模态都超过 3 sigma 的生成点比例。"),
    "KL of modes": ("模態的 KL", "模态的 KL"),
    "Reverse KL from the histogram over modes to their true weights, in nats: 0 when each gets its share. The tick is its floor, (K − 1) / 2N.": (
        "各模態直方圖到真實權重的反向 KL（nats）：各得其份時為 0。刻度是其底線 (K − 1) / 2N。",
        "各模态直方图到真实权重的反向 KL（nats）：各得其份时为 0。刻度是其底线 (K − 1) / 2N。"),
    "JSD": ("JSD", "JSD"),
    "Jensen-Shannon divergence, in nats; at most log 2 = 0.693. The tick is its noise floor.": (
        "Jensen-Shannon 散度（nats）；最多 log 2 = 0.693。刻度是其雜訊底線。", "Jensen-Shannon 散度（nats）；最多 log 2 = 0.693。刻度是其噪声底线。"),
    "Wasserstein": ("Wasserstein", "Wasserstein"),
    "How far mass must travel, in units of the canvas. The tick is the same for two samples of real points: its floor.": (
        "質量要搬多遠（畫布單位）。刻度是兩組真實點樣本之間的值：底線。", "质量要搬多远（画布单位）。刻度是两组真实点样本之间的值：底线。"),
    "KL": ("KL", "KL"),
    "Kullback-Leibler divergence between real and generated density, in nats.": (
        "真實密度與生成密度之間的 Kullback-Leibler 散度（nats）。", "真实密度与生成密度之间的 Kullback-Leibler 散度（nats）。"),
    # -- hover
    "Its place in latent space": ("它在潛在空間的位置", "它在隐空间的位置"),
    "score": ("分數", "分数"),
    "density": ("密度", "密度"),
    "its way since iteration {iteration}": ("第 {iteration} 次迭代以來的路", "第 {iteration} 次迭代以来的路"),
    # -- drawing
    "Use these points": ("使用這些點", "使用这些点"),
    "Undo stroke": ("復原一筆", "撤销一笔"),
    "Clear": ("清除", "清除"),
    "Cancel": ("取消", "取消"),
    "{count} of at most {most} points": ("{count} 個點，最多 {most} 個", "{count} 个点，最多 {most} 个"),
    "Press and move on the canvas to draw your target.": ("在畫布上按住並移動，畫出你的目標。", "在画布上按住并移动，画出你的目标。"),
    # -- diagram
    "gradient": ("梯度", "梯度"),
    "encoder": ("編碼器", "编码器"),
    "decoder": ("解碼器", "解码器"),
    "E step": ("E 步", "E 步"),
    "M step": ("M 步", "M 步"),
    "updated": ("更新", "更新"),
    "frozen": ("凍結", "冻结"),
    "rebuilding": ("重建", "重建"),
    "who owns which point": ("每個點屬於誰", "每个点属于谁"),
    "z goes through the generator G to the generated points; the discriminator D judges them and the real points.": (
        "z 通過生成器 G 成為生成點；判別器 D 判斷生成點與真實點。", "z 通过生成器 G 成为生成点；判别器 D 判断生成点与真实点。"),
    "A real point goes through the encoder to its code z, and through the decoder to a rebuilt point.": (
        "真實點通過編碼器成為碼 z，再通過解碼器成為重建點。", "真实点通过编码器成为码 z，再通过解码器成为重建点。"),
    "The E step says which component each real point belongs to; the M step moves the components.": (
        "E 步決定每個真實點屬於哪個分量；M 步移動分量。", "E 步决定每个真实点属于哪个分量；M 步移动分量。"),
}  # fmt: skip
