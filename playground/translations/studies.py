"""The five studies of the Faces page: leads, titles, captions, charts, verdicts. Knows no model."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str]] = {
    # -- names in charts and sentences
    "real faces": ("真實臉", "真实脸"),
    "real = 1": ("真實 = 1", "真实 = 1"),
    "not measured": ("未測量", "未测量"),
    # -- blur
    "An autoencoder and a VAE are asked to give back each pixel, a GAN only to look real. Compare how sharp they "
    "are: same size, same crop, and real faces as the measure.": (
        "自編碼器與 VAE 要還原每個像素，GAN 只要看起來真。比較它們有多銳利：同樣大小、同樣裁切，以真實臉為準。",
        "自编码器与 VAE 要还原每个像素，GAN 只要看起来真。比较它们有多锐利：同样大小、同样裁切，以真实脸为准。"),
    "Autoencoder: the same faces, encoded and decoded": ("自編碼器：同樣的臉，編碼再解碼", "自编码器：同样的脸，编码再解码"),
    "Look at strands of hair and the light in the eyes: 64 numbers cannot hold them.": (
        "看髮絲與眼中的光：64 個數裝不下。", "看发丝与眼中的光：64 个数装不下。"),
    "VAE: the same faces, encoded and decoded": ("VAE：同樣的臉，編碼再解碼", "VAE：同样的脸，编码再解码"),
    "Look for blur everywhere: where a code leaves doubt, the decoder paints the mean.": (
        "到處找模糊：碼說不準的地方，解碼器畫平均。", "到处找模糊：码说不准的地方，解码器画平均。"),
    "GAN: faces of its own": ("GAN：它自己的臉", "GAN：它自己的脸"),
    "Look at the edges: sharp, since D would tell a blurred face at once.": (
        "看邊緣：銳利，因為模糊的臉 D 一眼就看得出來。", "看边缘：锐利，因为模糊的脸 D 一眼就看得出来。"),
    "Real faces, unseen in training": ("真實臉，訓練時沒見過", "真实脸，训练时没见过"),
    "Drawn faces of the data set’s test part: what the others are measured against.": (
        "資料集測試部分的畫像：其他都以它為準。", "数据集测试部分的画像：其他都以它为准。"),
    "Stand-ins: faces made by the GAN": ("替身：GAN 做的臉", "替身：GAN 做的脸"),
    "The data set is not in this copy, so the GAN’s own faces stand in for real ones as pictures.": (
        "這份副本沒有資料集，所以圖片由 GAN 自己的臉代替真實臉。", "这份副本没有数据集，所以图片由 GAN 自己的脸代替真实脸。"),
    "Sharpness (variance of the Laplacian), real = 1": (
        "銳利度（拉普拉斯的變異數），真實 = 1", "锐利度（拉普拉斯的方差），真实 = 1"),
    "Sharpness with real faces as 1: {values}.": ("以真實臉為 1 的銳利度：{values}。", "以真实脸为 1 的锐利度：{values}。"),
    "Look for who stays below the dotted line: blur. Above it is noise. {whence}": (
        "看誰在虛線以下：模糊。以上是雜訊。{whence}", "看谁在虚线以下：模糊。以上是噪声。{whence}"),
    "Means over {count} faces each.": ("各為 {count} 張臉的平均。", "各为 {count} 张脸的平均。"),
    "Real: numbers of the whole data set, bundled. The others: means over {count} pictures.": (
        "真實：隨附的整個資料集的數字。其他：{count} 張圖的平均。", "真实：随附的整个数据集的数字。其他：{count} 张图的平均。"),
    "This copy knows no real faces: here the stand-ins are 1. Means over {count} pictures each.": (
        "這份副本不認識真實臉：這裡以替身為 1。各為 {count} 張圖的平均。", "这份副本不认识真实脸：这里以替身为 1。各为 {count} 张图的平均。"),
    "power in dB at": ("功率 (dB)，頻率", "功率 (dB)，频率"),
    "spatial frequency (cycles per pixel)": ("空間頻率（每像素週期數）", "空间频率（每像素周期数）"),
    "power (dB)": ("功率 (dB)", "功率 (dB)"),
    "Power of brightness against spatial frequency for {names}": (
        "亮度的功率對空間頻率：{names}", "亮度的功率对空间频率：{names}"),
    "Power spectrum: coarse shapes on the left, fine detail on the right": (
        "功率譜：左邊是粗略的形狀，右邊是細節", "功率谱：左边是粗略的形状，右边是细节"),
    "Look at the right half: where a line falls below the real one, detail of that size is missing.": (
        "看右半：線低於真實線的地方，就缺那種大小的細節。", "看右半：线低于真实线的地方，就缺那种大小的细节。"),
    "{label}: {value}": ("{label}：{value}", "{label}：{value}"),
    # -- a visitor's own picture
    "Your own picture": ("你自己的圖", "你自己的图"),
    "Any picture: its middle square is taken and reduced to the networks’ size. It is deleted within three hours. A drawn face, "
    "cropped tightly, works best; anything else shows what they have never learned.": (
        "任何圖片：取中央的正方形，縮到網路的大小。三小時內刪除。裁得緊的畫像效果最好；其他的則顯示它們從沒學過什麼。",
        "任何图片：取中央的正方形，缩到网络的大小。三小时内删除。裁得紧的画像效果最好；其他的则显示它们从没学过什么。"),
    "Your picture, as the networks see it": ("你的圖，網路看到的樣子", "你的图，网络看到的样子"),
    "Crop and size are all that changed.": ("只改了裁切與大小。", "只改了裁切与大小。"),
    "What the {name} keeps": ("{name}留下什麼", "{name}留下什么"),
    "Sharpness: {share} of your picture’s. Look for what came back and what did not.": (
        "銳利度：你的圖的 {share}。看什麼回來了，什麼沒有。", "锐利度：你的图的 {share}。看什么回来了，什么没有。"),
    "Your picture": ("你的圖", "你的图"),
    "What is searched for.": ("要找的。", "要找的。"),
    "The GAN’s closest face, {colours}": ("GAN 最接近的臉，{colours}", "GAN 最接近的脸，{colours}"),
    "any colours": ("任意顏色", "任意颜色"),
    "{hair} hair, {eyes} eyes": ("{hair}髮、{eyes}眼", "{hair}发、{eyes}眼"),
    "{far} Off by {error} a pixel (root mean square, 0 to 1); the best random start was off by {start}. Look for "
    "what the GAN cannot paint.": (
        "{far}每像素相差 {error}（均方根，0 到 1）；最好的隨機起點相差 {start}。看 GAN 畫不出什麼。",
        "{far}每像素相差 {error}（均方根，0 到 1）；最好的随机起点相差 {start}。看 GAN 画不出什么。"),
    "Found.": ("找到了。", "找到了。"),
    "Update {now} of {all}.": ("第 {now} 次更新，共 {all} 次。", "第 {now} 次更新，共 {all} 次。"),
    "Progress of the search": ("搜尋的進度", "搜索的进度"),
    # -- between two faces
    "Walk from one face to another. In latent space every step is a face of its own; in pixels, one picture fades "
    "while the other appears.": (
        "從一張臉走到另一張。在潛在空間裡，每一步都是一張臉；在像素上，一張淡出而另一張淡入。",
        "从一张脸走到另一张。在隐空间里，每一步都是一张脸；在像素上，一张淡出而另一张淡入。"),
    "from seed {first} to seed {second}": ("從種子 {first} 到種子 {second}", "从种子 {first} 到种子 {second}"),
    "{title}, {ends}: {count} pictures": ("{title}，{ends}：{count} 張圖", "{title}，{ends}：{count} 张图"),
    "Film {ends}: mixed pixels on the left, latent walk on the right": (
        "{ends} 的動畫：左邊混合像素，右邊走潛在空間", "{ends} 的动画：左边混合像素，右边走隐空间"),
    "Left pixels, right latents on the great circle. Look at the eyes: on the left two pairs fade through each "
    "other, on the right one pair moves.": (
        "左邊是像素，右邊是大圓上的潛在向量。看眼睛：左邊兩雙互相淡入淡出，右邊只有一雙在移動。",
        "左边是像素，右边是大圆上的隐变量。看眼睛：左边两双互相淡入淡出，右边只有一双在移动。"),
    "The same walk as a film": ("同一段路的動畫", "同一段路的动画"),
    "Sharpness there: {share} times that of the ends.": ("那裡的銳利度：兩端的 {share} 倍。", "那里的锐利度：两端的 {share} 倍。"),
    "Pixels, mixed": ("像素混合", "像素混合"),
    "Halfway, look for two ghosts at once: both faces at half strength. {sharp}": (
        "在中途找兩個重疊的影子：兩張臉各一半。{sharp}", "在中途找两个重叠的影子：两张脸各一半。{sharp}"),
    "Latent, straight line": ("潛在空間，直線", "隐空间，直线"),
    "Every picture is one face. Halfway the latent is {half} long, at the ends {first} and {last}: look for a "
    "plainer face. {sharp}": (
        "每張圖都是一張臉。中途的潛在向量長 {half}，兩端是 {first} 與 {last}：找更平淡的臉。{sharp}",
        "每张图都是一张脸。中途的隐变量长 {half}，两端是 {first} 与 {last}：找更平淡的脸。{sharp}"),
    "Latent, great circle": ("潛在空間，大圓", "隐空间，大圆"),
    "The latent keeps its length, {half} halfway: look for a middle with as much character as the ends. {sharp}": (
        "潛在向量保持長度，中途為 {half}：看中間是否與兩端一樣有個性。{sharp}",
        "隐变量保持长度，中途为 {half}：看中间是否与两端一样有个性。{sharp}"),
    # -- growing up
    "The same seeds while the networks learned: move the slider from the first updates to the last.": (
        "網路學習時的同一批種子：把滑桿從最初的更新移到最後。", "网络学习时的同一批种子：把滑块从最初的更新移到最后。"),
    "Look for when hair, then eyes, then single strands appear: D asks for what it can see next.": (
        "看頭髮、眼睛、再到髮絲何時出現：D 要求它接著看得見的東西。", "看头发、眼睛、再到发丝何时出现：D 要求它接着看得见的东西。"),
    "Look at the first points: a face is there at once, but its edges never sharpen fully.": (
        "看最初的幾點：臉馬上就有，但邊緣始終不夠銳利。", "看最初的几点：脸马上就有，但边缘始终不够锐利。"),
    "Codes drawn where its codes lie at that point. Look for when such a code first gives a face.": (
        "在當時它的碼所在之處抽碼。看這樣的碼何時第一次成為臉。", "在当时它的码所在之处抽码。看这样的码何时第一次成为脸。"),
    "Point of training": ("訓練的時刻", "训练的时刻"),
    "{title}, seed {seed}, at {steps}": ("{title}，種子 {seed}，在 {steps}", "{title}，种子 {seed}，在 {steps}"),
    "{title}: the face of seed {seed} after {steps} updates": (
        "{title}：種子 {seed} 的臉，在 {steps} 次更新之後", "{title}：种子 {seed} 的脸，在 {steps} 次更新之后"),
    "From left to right: one face through all of training.": ("由左到右：一張臉經過整個訓練。", "从左到右：一张脸经过整个训练。"),
    "{title} after {step} updates: seeds {first} to {last}": (
        "{title}，{step} 次更新之後：種子 {first} 到 {last}", "{title}，{step} 次更新之后：种子 {first} 到 {last}"),
    # -- codes have holes
    "This tab compares an autoencoder with a VAE, and this copy does not bundle both.": (
        "這個分頁比較自編碼器與 VAE，而這份副本沒有同時附上兩者。", "这个标签页比较自编码器与 VAE，而这份副本没有同时附带两者。"),
    "An autoencoder only has to give back the faces it was shown; a VAE is also asked to leave no gap between "
    "their codes. So decode codes that no face has.": (
        "自編碼器只需還原看過的臉；VAE 還要讓碼之間不留空隙。那就解碼沒有任何臉擁有的碼。",
        "自编码器只需还原看过的脸；VAE 还要让码之间不留空隙。那就解码没有任何脸拥有的码。"),
    "Autoencoder, the code halfway between both": ("自編碼器，兩者中間的碼", "自编码器，两者中间的码"),
    "Training never asked for a face here. Look for two faces in one place, or smeared ones.": (
        "訓練從沒要求這裡有臉。找同一處的兩張臉，或糊掉的臉。", "训练从没要求这里有脸。找同一处的两张脸，或糊掉的脸。"),
    "VAE, the code halfway between both": ("VAE，兩者中間的碼", "VAE，两者中间的码"),
    "Noise on the codes made training visit such places. Look for one face with something of both.": (
        "碼上的雜訊讓訓練走過這些地方。找一張兼有兩者的臉。", "码上的噪声让训练走过这些地方。找一张兼有两者的脸。"),
    "Autoencoder, codes drawn from N(0, I) as for the VAE": ("自編碼器，如 VAE 一般從 N(0, I) 抽碼", "自编码器，如 VAE 一样从 N(0, I) 抽码"),
    "Nothing told the autoencoder to use this space. Look for faces that fall apart.": (
        "沒有任何東西要自編碼器使用這個空間。找散掉的臉。", "没有任何东西要自编码器使用这个空间。找散掉的脸。"),
    "Autoencoder, the same draws moved to where its codes lie": (
        "自編碼器，把同樣的碼移到它的碼所在之處", "自编码器，把同样的码移到它的码所在之处"),
    "Each number of a code moved and stretched to what its codes have. Look for how much that repairs.": (
        "把碼的每個數平移並縮放成它的碼的樣子。看這修好了多少。", "把码的每个数平移并缩放成它的码的样子。看这修好了多少。"),
    "VAE, codes drawn from N(0, I)": ("VAE，從 N(0, I) 抽碼", "VAE，从 N(0, I) 抽码"),
    "Its codes were pushed to fill just this space. Look for whole, soft faces.": (
        "它的碼被推去填滿的正是這個空間。找完整而柔和的臉。", "它的码被推去填满的正是这个空间。找完整而柔和的脸。"),
    "real, unseen faces": ("沒見過的真實臉", "没见过的真实脸"),
    "faces made by the GAN, standing in for real ones": ("由 GAN 做的臉，代替真實臉", "由 GAN 做的脸，代替真实脸"),
    "{count} {what}, {word} of each pair": ("{count} 張{what}，每對的{word}", "{count} 张{what}，每对的{word}"),
    "first": ("第一張", "第一张"),
    "second": ("第二張", "第二张"),
    "Two faces a column, to be encoded": ("每欄兩張臉，用來編碼", "每列两张脸，用来编码"),
    "These are {what}. Each column is one pair.": ("這些是{what}。每欄一對。", "这些是{what}。每列一对。"),
    "Sharpness, with the encoded faces = 1": ("銳利度，以被編碼的臉為 1", "锐利度，以被编码的脸为 1"),
    "Mean over {count} pictures. Look at whether it changes from left to right.": (
        "{count} 張圖的平均。看由左到右有沒有變化。", "{count} 张图的平均。看从左到右有没有变化。"),
    "Median, in the features of every layer of a network that names hair and eyes.": (
        "中位數，取自辨認髮色與眼睛的網路各層的特徵。", "中位数，取自辨认发色与眼睛的网络各层的特征。"),
    "Distance to the nearest real face, real faces’ own = 1": (
        "到最近真實臉的距離，以真實臉彼此為 1", "到最近真实脸的距离，以真实脸彼此为 1"),
    "codes of faces": ("臉的碼", "脸的码"),
    "halfway": ("中間", "中间"),
    "N(0, I)": ("N(0, I)", "N(0, I)"),
    "fitted": ("擬合", "拟合"),
    "{where} the autoencoder’s faces keep {ae} of the sharpness that they have at codes of faces, the VAE’s {vae}: "
    "{so}. {where2} the autoencoder’s faces keep {ae2} of the sharpness that they have at codes of faces, the VAE’s "
    "{vae2}: {so2}.": (
        "{where}，自編碼器的臉保有在臉的碼處銳利度的 {ae}，VAE 為 {vae}：{so}。"
        "{where2}，自編碼器保有 {ae2}，VAE 為 {vae2}：{so2}。",
        "{where}，自编码器的脸保有在脸的码处锐利度的 {ae}，VAE 为 {vae}：{so}。"
        "{where2}，自编码器保有 {ae2}，VAE 为 {vae2}：{so2}。"),
    "Halfway between two codes": ("在兩個碼中間", "在两个码中间"),
    "At codes from N(0, I)": ("在來自 N(0, I) 的碼處", "在来自 N(0, I) 的码处"),
    "no clear difference": ("沒有明顯差別", "没有明显差别"),
    "worse for the {name}": ("{name} 較差", "{name} 较差"),
    # -- memorising
    "This copy bundles no features of the training faces, so no face can be compared with them.": (
        "這份副本沒有附訓練臉的特徵，所以無法比較。", "这份副本没有附带训练脸的特征，所以无法比较。"),
    "A model that had only learned its training faces by heart would paint copies of them. So look up the training "
    "faces that are most like a generated one.": (
        "只把訓練臉背下來的模型會畫出它們的複本。所以查一查與生成臉最像的訓練臉。",
        "只把训练脸背下来的模型会画出它们的复本。所以查一查与生成脸最像的训练脸。"),
    "{name}, seed {number}": ("{name}，種子 {number}", "{name}，种子 {number}"),
    "The face that the {name} makes of seed {number}": ("{name} 由種子 {number} 做的臉", "{name} 由种子 {number} 做的脸"),
    "The generated face.": ("生成的臉。", "生成的脸。"),
    "The most similar training faces": ("最相似的訓練臉", "最相似的训练脸"),
    "Nearest first, at distances {far}. Look for the same face, not just the same colours.": (
        "由近到遠，距離為 {far}。找同一張臉，而不只是同樣的顏色。", "由近到远，距离为 {far}。找同一张脸，而不只是同样的颜色。"),
    "The most similar of other generated faces": ("其他生成臉中最相似的", "其他生成脸中最相似的"),
    "The training pictures are not in this copy, so these are generated stand-ins: the nearest of {bank} other "
    "seeds, at distances {far}. The chart compares with real training faces.": (
        "這份副本沒有訓練圖片，所以這些是生成的替身：另外 {bank} 個種子中最近的，距離為 {far}。圖表比較的是真實訓練臉。",
        "这份副本没有训练图片，所以这些是生成的替身：另外 {bank} 个种子中最近的，距离为 {far}。图表比较的是真实训练脸。"),
    "Histogram of the distance from a real face to its nearest other real face; the generated face is {distance} "
    "from its nearest training face, farther than {share} of real ones.": (
        "真實臉到最近另一張真實臉的距離直方圖；生成臉離最近的訓練臉 {distance}，比 {share} 的真實臉更遠。",
        "真实脸到最近另一张真实脸的距离直方图；生成脸离最近的训练脸 {distance}，比 {share} 的真实脸更远。"),
    "How near is its nearest training face?": ("離最近的訓練臉有多近？", "离最近的训练脸有多近？"),
    "this face: {distance}": ("這張臉：{distance}", "这张脸：{distance}"),
    "distance to the nearest real face": ("到最近真實臉的距離", "到最近真实脸的距离"),
    "Green: how near {count} real faces are to each other. A copy would stand at the far left.": (
        "綠色：{count} 張真實臉彼此有多近。複本會站在最左邊。", "绿色：{count} 张真实脸彼此有多近。复本会站在最左边。"),
    "It looks copied: next to no real face has another one as close as this face has a training face.": (
        "看起來是抄的：幾乎沒有真實臉離另一張真實臉像這張臉離訓練臉這麼近。",
        "看起来是抄的：几乎没有真实脸离另一张真实脸像这张脸离训练脸这么近。"),
    "It is suspiciously close: only {share} of real faces have another one closer.": (
        "近得可疑：只有 {share} 的真實臉有更近的另一張。", "近得可疑：只有 {share} 的真实脸有更近的另一张。"),
    "It is no copy: {share} of real faces have another real face closer than this one has.": (
        "不是複本：{share} 的真實臉有另一張真實臉比它更近。", "不是复本：{share} 的真实脸有另一张真实脸比它更近。"),
}  # fmt: skip
